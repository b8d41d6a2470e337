"""The WSGI entry: settings are read once, here."""

from offenders.api import create_app
from offenders.settings import read_settings

app = create_app(read_settings())

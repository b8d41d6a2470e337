"""SQL of custody."""

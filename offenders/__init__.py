"""Who is wanted, who is managed, what is overdue and who must act, at any minute."""

__version__ = "0.1.0"

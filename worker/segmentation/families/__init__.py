"""How each family of networks wants its input and what its output means; the family is the module's name."""

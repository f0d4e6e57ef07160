"""Makes the int8 variant of a network on the machine that will run it, from photos of whoever runs it."""

"""Several models' mattes of one photo held against each other. Pixels in, pixels out."""

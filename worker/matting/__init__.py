"""From the network's matte to the alpha and the colours of a cut-out."""

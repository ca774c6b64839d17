"""One list of command lines and server states, run through the real kubectl and through c3s."""

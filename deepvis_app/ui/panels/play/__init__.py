"""The workspace Play: pictures made of pictures by the network's gradients."""

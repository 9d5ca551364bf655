"""What peers say to each other, and how it is proven, received and sent."""

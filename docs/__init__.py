"""What writes the generated parts of the documentation. No part of the program."""

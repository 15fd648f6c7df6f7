"""What AID is measured by; `./dev bench` lists them."""

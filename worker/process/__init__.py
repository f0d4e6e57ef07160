"""What a worker process does about itself: shows that it lives, ends when it hangs, gives memory back."""

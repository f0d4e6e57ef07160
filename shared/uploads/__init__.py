"""Pictures that go to storage by themselves, before the job that uses them."""

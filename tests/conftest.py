"""What every test finds set: no setting of the person at the keyboard."""

import os

for _name in [name for name in os.environ if name.startswith("CUTROOM_")]:
    del os.environ[_name]

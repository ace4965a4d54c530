"""The WSGI door that granian serves."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()

# What was loaded stays until the process ends: collecting it again and again would only lengthen single pages. A page makes some
# ten thousand objects, nearly all of which go by themselves; cycles among them can wait for the next few pages.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 100)

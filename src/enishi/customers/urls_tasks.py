"""Addresses of tasks and of calls by @; included under /tasks/."""

from __future__ import annotations

from django.urls import path

from enishi.customers.views import tasks

app_name = "tasks"
urlpatterns = [
    path("", tasks.task_list, name="list"),
    path("home/", tasks.home, name="home"),
    path("calls/", tasks.calls, name="calls"),
    path("calls/<int:activity_id>/seen/", tasks.seen, name="seen"),
    path("<int:task_id>/complete/", tasks.complete, name="complete"),
    path("<int:task_id>/reopen/", tasks.reopen, name="reopen"),
    path("<int:task_id>/due/", tasks.postpone, name="postpone"),
    path("<int:task_id>/drop/", tasks.drop, name="drop"),
    path("<int:task_id>/restore/", tasks.restore, name="restore"),
]

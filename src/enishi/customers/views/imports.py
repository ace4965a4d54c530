from django.http import HttpResponse

from enishi.platform.guards import needs


@needs("import", "read")
def run(request, run_id):
    return HttpResponse()

"""Running a notebook's cells: one way to start a kernel, for the build and for `make notebooks`."""

from nbclient import NotebookClient
from traitlets import default

STARTS = 3


class Client(NotebookClient):
    """A client whose kernel says nothing as it starts, and starts again where it could not.

    A kernel is told free ports to listen on. Of several that start at once, another may take one
    of them first; the kernel then ends before it has answered.
    """

    @default("extra_arguments")
    def quiet(self):
        return ["--log-level=ERROR"]

    async def async_start_new_kernel(self, **settings):
        self.settings = settings
        await super().async_start_new_kernel(**settings)

    async def async_start_new_kernel_client(self):
        for left in reversed(range(STARTS)):
            try:
                return await super().async_start_new_kernel_client()
            except RuntimeError:  # it died before it answered
                if not left:
                    raise
                self.km = self.create_kernel_manager()  # with other ports
                await self.async_start_new_kernel(**self.settings)

"""`c3s recordings`: what is in a recording."""

from typing import Annotated

import typer

from c3s_cli.errors import ExitCode
from c3s_cli.flags.groups import takes_flags
from c3s_cli.flags.lists import Listing
from c3s_cli.flags.record_options import Recordings
from c3s_cli.request.from_flags import listing_of


@takes_flags
def recordings(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Recordings.", show_default=False)],
    *,
    recordings: Recordings,
    listing: Listing,
) -> ExitCode:
    """List what recordings contain: clusters, times, readings, gaps, failures, and what they cover.

    Examples:
      # What is in it, and is it still being recorded?
      c3s recordings incident.c3s
      # A copy to send, while c3s records
      c3s recordings incident.c3s --copy sent.c3s
    """
    from c3s_cli.output.listing import FORMATS
    from c3s_cli.run.recordings import copy_recording, show_recordings  # `c3s recordings --help` does not need it

    if recordings.copy:
        return copy_recording(files, recordings.copy)
    return show_recordings(files, listing_of(listing, FORMATS))

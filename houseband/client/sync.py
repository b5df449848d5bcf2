"""The client: every topic on one connection."""

from houseband.client.asks import Asks
from houseband.client.collaboration import Collaboration
from houseband.client.compositions import Compositions
from houseband.client.dead import Dead
from houseband.client.early import Early
from houseband.client.files import Files
from houseband.client.instructions import Instructions
from houseband.client.jobs import Jobs
from houseband.client.people import People
from houseband.client.tastes import Tastes
from houseband.client.versions import Versions


class Client(Compositions, Files, Jobs, Versions, Collaboration, Early, Instructions, Asks, People, Tastes, Dead):
    """Makes songs on a Houseband server and fetches them.

    Args:
        url: where the gateway is, such as http://127.0.0.1:8000.
        timeout_s: for one request; uploads and downloads count between their chunks.
        api_key: a key or token of the gateway (default: HOUSEBAND_API_KEY).

    Raises:
        BadInput: what was sent cannot be; the message names the field, the value and what is allowed.
        Unavailable: the server does not answer.
    """

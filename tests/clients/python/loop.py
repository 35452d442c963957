"""The whole loop, as a partner's tool in Python would go through it."""

import datetime
import json
import os
import pathlib
import uuid
from typing import Any, TypeVar

from havre_client import AuthenticatedClient
from havre_client.api.communes import search_communes
from havre_client.api.logs import list_events
from havre_client.api.rankings import rank_ad_hoc, rank_for_request
from havre_client.api.referrals import (
    accept_referral,
    acknowledge_referral,
    confirm_referral,
    create_referral,
    record_arrival,
)
from havre_client.api.requests import create_request
from havre_client.api.units import get_unit
from havre_client.models.ad_hoc_request import AdHocRequest
from havre_client.models.communes_found import CommunesFound
from havre_client.models.confirmation import Confirmation
from havre_client.models.event_page import EventPage
from havre_client.models.max_km_relaxation import MaxKmRelaxation
from havre_client.models.new_referral import NewReferral
from havre_client.models.place import Place
from havre_client.models.ranking import Ranking
from havre_client.models.referral_record import ReferralRecord
from havre_client.models.referral_state import ReferralState
from havre_client.models.request import Request
from havre_client.models.request_record import RequestRecord
from havre_client.models.unit_record import UnitRecord
from havre_client.types import UNSET, Unset

Answer = TypeVar("Answer")


def caller(role: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=os.environ["HAVRE_BASE"], token=os.environ[f"HAVRE_{role}"], raise_on_unexpected_status=True)


def got(kind: type[Answer], answer: Any) -> Answer:
    """The answer that was hoped for; a problem ends the program."""
    assert isinstance(answer, kind), answer
    return answer


def key() -> str:
    return str(uuid.uuid4())


def main() -> None:
    bodies = json.loads(pathlib.Path(os.environ["HAVRE_BODIES"]).read_text())
    referent, provider = caller("REFERENT"), caller("PROVIDER")

    paris = got(CommunesFound, search_communes.sync(client=referent, q="paris")).items[0]
    place = Place(department=paris.department, lat=paris.point.lat, lon=paris.point.lon)

    # Too near: what would open more is told, in the form of its wish.
    near = AdHocRequest.from_dict(bodies["rankAdHoc"])
    near.place, near.distance.max_km = place, 1.0
    opened = got(Ranking, rank_ad_hoc.sync(client=referent, body=near)).relaxations
    assert any(isinstance(change, MaxKmRelaxation) and change.from_ == 1.0 for change in opened), opened

    wanted = Request.from_dict(bodies["createRequest"])
    wanted.place = place
    request = got(RequestRecord, create_request.sync(client=referent, body=wanted, idempotency_key=key()))
    assert request.place == place, request
    ranking = got(Ranking, rank_for_request.sync(request.id, client=referent, top=50))
    own = [line for line in ranking.proposals if isinstance(get_unit.sync(line.unit_id, client=provider), UnitRecord)]

    asked = NewReferral(vacancy_id=own[0].vacancy_id, hold=True)
    referral = got(ReferralRecord, create_referral.sync(request.id, client=referent, body=asked, idempotency_key=key()))
    assert referral.held and referral.state == ReferralState.ASKED, referral
    seen = got(ReferralRecord, acknowledge_referral.sync(referral.id, client=provider, idempotency_key=key()))
    assert seen.state == ReferralState.ACKNOWLEDGED, seen
    accepted = got(ReferralRecord, accept_referral.sync(referral.id, client=provider, idempotency_key=key()))
    assert accepted.state == ReferralState.ACCEPTED, accepted
    coming = Confirmation(expected_arrival=datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=2))
    confirmed = got(ReferralRecord, confirm_referral.sync(referral.id, client=referent, body=coming, idempotency_key=key()))
    assert confirmed.state == ReferralState.CONFIRMED, confirmed
    arrived = got(ReferralRecord, record_arrival.sync(referral.id, client=provider, idempotency_key=key()))
    assert arrived.state == ReferralState.ARRIVED, arrived

    told: set[str] = set()
    cursor: str | Unset = UNSET
    while "recordArrival" not in told:
        page = got(EventPage, list_events.sync(client=referent, cursor=cursor))
        told |= {event.command for event in page.items if event.record_id == referral.id}
        if not page.items:
            break
        cursor = page.next_cursor
    assert {"createReferral", "acceptReferral", "confirmReferral", "recordArrival"} <= told, told
    print(f"from a commune to an arrival, {len(told)} events read")


if __name__ == "__main__":
    main()

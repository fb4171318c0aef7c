"""Which deliveries the record shows, and the addresses of the neighbouring choices."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlmodel import Session

from api.pages.views import Tab, Tag
from models.records import delivery_log
from models.records.notice import CHANNEL_NAMES, Channel, DeliveryState

STATE_TAGS = {
    DeliveryState.PENDING: Tag("待发送", "soon"),
    DeliveryState.DELIVERED: Tag("已送达", "ok"),
    DeliveryState.PARKED: Tag("已搁置", "late"),
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which deliveries are looked at; it knows the address of each neighbouring choice."""

    state: DeliveryState | None
    channel: Channel | None
    case_number: str

    @classmethod
    def of(cls, state: str, channel: str, case_number: str) -> "Filter":
        """What was asked for; unknown words count as none."""
        return cls(
            DeliveryState(state) if state in {s.value for s in DeliveryState} else None,
            Channel(channel) if channel in {c.value for c in Channel} else None,
            case_number.strip()[:40].replace("\0", ""),
        )

    def href(self, **other: object) -> str:
        """The list with this filter, changed by `other`."""
        words = {"state": self.state, "channel": self.channel, "case": self.case_number, **other}
        query = urlencode({key: str(value) for key, value in words.items() if value})
        return f"/notices/deliveries?{query}" if query else "/notices/deliveries"

    def tabs(self, db: Session) -> tuple[Tab, ...]:
        """A tab for each state, with how many there are."""
        states: list[tuple[str, DeliveryState | None]] = [("全部", None)]
        states += [(tag.text, state) for state, tag in STATE_TAGS.items()]
        return tuple(
            Tab(
                label,
                self.href(state=state),
                delivery_log.count(db, state=state, channel=self.channel, case_number=self.case_number),
                state == self.state,
            )
            for label, state in states
        )

    def picks(self) -> tuple[Tab, ...]:
        """A pick for each channel and the case, if one was asked for; a chosen one, picked again, is let go."""
        channels = [
            Tab(name, self.href(channel=None if one == self.channel else one), current=one == self.channel)
            for one, name in CHANNEL_NAMES.items()
        ]
        case = Tab(f"案号{self.case_number}", self.href(case=""), current=True, icon="x")
        return (*channels, *((case,) if self.case_number else ()))

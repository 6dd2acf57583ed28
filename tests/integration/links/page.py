"""Reads an agency's page as a browser without a script does: its forms, their choices, and what may be pressed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class PageForm:
    """One form: where it goes, what it carries, and what may be chosen."""

    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    #: By the name of a select, the values that may be chosen.
    choices: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    #: Ids of inputs for people, to be found among the labels.
    asked: list[str] = field(default_factory=list[str])

    @property
    def event(self) -> str:
        """What it says."""
        return self.fields.get("event", "new")


class Page(HTMLParser):
    """A page that was read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[PageForm] = []
        self.labels: set[str] = set()
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.lang = ""
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is there."""
        said = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        if "id" in said:
            self.ids.append(said["id"])
        match tag:
            case "html":
                self.lang = said.get("lang", "")
            case "form":
                assert said["method"] == "post"
                self.forms.append(PageForm(said["action"]))
            case "input" if said.get("type") == "hidden":
                self.forms[-1].fields[said["name"]] = said["value"]
            case "input" | "select" | "textarea":
                self.forms[-1].asked.append(said["id"])
                self._select = said["name"] if tag == "select" else self._select
                if tag == "select":
                    self.forms[-1].choices[said["name"]] = []
            case "option" if said.get("value"):
                self.forms[-1].choices[self._select].append(said["value"])
            case "label":
                self.labels.add(said["for"])
            case _:
                pass

    def form(self, event: str) -> PageForm:
        """Return the form that says something."""
        return next(form for form in self.forms if form.event == event)

    @property
    def events(self) -> set[str]:
        """What may be said."""
        return {form.event for form in self.forms}

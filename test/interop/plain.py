"""The API by plain HTTP: what the tests compare Seeq's client with, read without any of its code."""

import hashlib
import json

import requests

MEDIA_TYPE = "application/vnd.seeq.v1+json"

USER = ("reader@example.com", "reader-password")
DIRECTORY_USER = ("operator", "operator-password")
DIRECTORY = "Plant Directory"
ACCESS_KEY = ("simulator-access-key", "simulator-access-secret")


class Plain:
    """One HTTP session, logged in as the ordinary user."""

    def __init__(self, url):
        self.api = f"{url}/api"
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers.update({"Accept": MEDIA_TYPE, "Content-Type": MEDIA_TYPE})
        answer = self.http.post(f"{self.api}/auth/login", data=_login_body(*USER))
        answer.raise_for_status()
        self.http.headers["x-sq-auth"] = answer.headers["x-sq-auth"]

    def get(self, path, **query):
        answer = self.http.get(self.api + path, params=query)
        assert answer.status_code == 200, f"{answer.status_code} for {path}: {answer.text}"
        return answer.json()

    def samples(self, item, start, end, **query):
        """All samples between two times, page by page, as (nanoseconds, value or None) without those outside."""
        query = {"start": start, "end": end, "boundaryValues": "Inclusive", "keyUnitOfMeasure": "ns", **query}
        pages = self.pages(f"/signals/{item}/samples", "samples", query)
        return [(sample["key"], sample.get("value")) for sample in pages]

    def capsules(self, item, start, end):
        """All capsules that overlap a range, page by page, as they come, with times in nanoseconds."""
        query = {"start": start, "end": end, "timeFormat": "Nanoseconds"}
        return list(self.pages(f"/conditions/{item}/capsules", "capsules", query))

    def pages(self, path, member, query):
        token = None
        while True:
            page = self.get(path, **query, **({} if token is None else {"continuationToken": token}))
            yield from page[member]
            token = page.get("continuationToken")
            if not token:
                return

    def hits(self, *filters, **query):
        """All hits of a search, page by page."""
        found = []
        while True:
            page = self.get("/items", filters=filters, offset=len(found), limit=100, orderBy="ID", **query)
            found += page["items"]
            if len(page["items"]) < page["limit"]:
                assert len(found) == page["totalResults"]
                return found


def item_id(path, kind="item", plant="Example"):
    """The id of an item of the simulated plant, which follows from its path."""
    digits = hashlib.sha256(f"{plant}\0{kind}:{path}".encode()).hexdigest().upper()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _login_body(name, password):
    return json.dumps({"username": name, "password": password})

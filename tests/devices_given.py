"""Devices as officers carry them: a token, what they hold, and the wards of their area."""

from __future__ import annotations


class Device:
    """Holds people by id as it was told; `wards` are those that its bearer may pull."""

    def __init__(self, client, sent, wards):
        self.client, self.sent, self.wards = client, sent, wards
        self.held, self.token, self.seen = {}, None, []

    def begin(self):
        """Take a token; the wards are pulled afterwards, at any time."""
        self.held, self.token = {}, self.ask()["next"]

    def ask(self, since=None, **query):
        asked = query | ({"since": since} if since else {})
        answer = self.client.get("/v1/changes", query_string=asked, headers=self.sent)
        assert answer.status_code == 200, answer.json
        return answer.json

    def pull_ward(self, code):
        """Take over what a ward shows now; drop nobody for that."""
        for card in self.ward(code):
            self.held[card["id"]] = card

    def ward(self, code):
        found, cursor = [], {}
        while True:
            path = f"/v1/neighbourhoods/{code}/offenders"
            answer = self.client.get(path, query_string={"limit": 200} | cursor, headers=self.sent)
            assert answer.status_code == 200, answer.json
            found += answer.json["items"]
            if answer.json["next"] is None:
                return found
            cursor = {"cursor": answer.json["next"]}

    def whole(self):
        """Give what a full pull of all wards shows now."""
        return {card["id"]: card for code in self.wards for card in self.ward(code)}

    def pull(self, limit=200, pages=None):
        """Follow the feed to its end, or for so many pages."""
        while pages is None or pages > 0:
            given = self.ask(self.token, limit=limit)
            assert len(given["items"]) <= limit
            numbers = [each["seq"] for each in given["items"]]
            assert numbers == sorted(set(numbers))
            self.take(given)
            if not given["more"]:
                break
            pages = None if pages is None else pages - 1
        return self

    def take(self, given):
        for each in given["items"]:
            assert each["type"] == "offender"
            if each["op"] == "remove":
                assert each["data"] is None
                self.held.pop(each["id"], None)
            else:
                assert each["data"]["id"] == each["id"]
                self.held[each["id"]] = each["data"]
        self.token = given["next"]

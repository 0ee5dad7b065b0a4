#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Discourse, as docs.discourse.org and its source have it: the lists of
topics (lib/topic_query.rb), a topic with its posts (lib/topic_view.rb,
post_stream_serializer_mixin.rb, topics_controller.rb), the categories, and
errors. See saas.py."""
import saas
from saas import Refused

POSTS = 20


class Discourse(saas.Service):
    def error(self, e):
        return e.status, {"errors": [str(e)], "error_type": e.code}

    def check(self):
        key = self.headers.get("Api-Key")
        self.known = key is not None
        if self.known and (key, self.headers.get("Api-Username")) != \
                (self.data["token"], self.data["user"]):
            raise Refused(403, "invalid_access", "You are not permitted to "
                          "view the requested resource. The API username or "
                          "key is invalid.")
        if not self.known and self.data.get("login_required"):
            raise Refused(403, "not_logged_in",
                          "You need to be logged in to do that.")

    def routes(self):
        return {
            r"GET /latest.json": self.latest,
            r"GET /t/(?:[^/]+/)?(\d+).json": self.topic,
            r"GET /categories.json": self.categories,
        }

    def seen(self):
        """Who is not known does not see what is private."""
        private = {c["id"] for c in self.data["categories"]
                   if c["read_restricted"]}
        return [t for t in self.data["topics"] if not t["deleted"] and
                (self.known or t["category_id"] not in private)]

    def latest(self):
        """By activity, which is the default, what is pinned comes first."""
        self.only("page", "order", "ascending", "topic_ids", "per_page",
                  "no_definitions")
        q = self.query
        by = {"created": "created_at", "activity": "bumped_at"}[
            q.get("order", "activity")]
        topics = sorted(self.seen(), key=lambda t: t[by],
                        reverse=q.get("ascending") != "true")
        if by == "bumped_at":
            topics.sort(key=lambda t: not t["pinned"])
        if "topic_ids" in q:
            wanted = q["topic_ids"].split(",")
            topics = [t for t in topics if str(t["id"]) in wanted]
        page = self.number("page", 0, 0, 2147483647)
        found = {"per_page": saas.SIZE, "topics": [
            {k: v for k, v in t.items() if k not in ("posts", "deleted")}
            for t in topics[page * saas.SIZE:(page + 1) * saas.SIZE]]}
        if (page + 1) * saas.SIZE < len(topics):
            found["more_topics_url"] = f"/latest?page={page + 1}"
        return {"users": [], "topic_list": found}

    def topic(self, number):
        self.only("page", "include_raw")
        topic = self.find(self.seen(), number)
        page = max(1, self.number("page", 1, 0, 2147483647))
        posts = topic["posts"]
        if page > 1 and (page - 1) * POSTS >= len(posts):
            last = (len(posts) + POSTS - 1) // POSTS
            self.extra = {"Location": f"/t/{topic['slug']}/{number}.json"
                          + (f"?page={last}" if last > 1 else "")}
            raise Refused(301, "moved")
        stream = {"posts": posts[(page - 1) * POSTS:page * POSTS]}
        if topic.get("mega"):
            stream.update(isMegaTopic=True, lastId=posts[-1]["id"])
        else:
            stream["stream"] = [p["id"] for p in posts]
        return {"id": topic["id"], "title": topic["title"],
                "post_stream": stream}

    def categories(self):
        """Of many, or where they are "lazy", a page, and with those at the top
        the first of each's own (app/models/category_list.rb). Older ones pass
        over the page."""
        self.only("include_subcategories", "page", "parent_category_id",
                  "conn.seen", "conn.todo")
        kind = self.data.get("listing")
        page = max(1, self.number("page", 1, 0, 2147483647))
        above = self.number("parent_category_id", 0, 0, 2147483647) or None
        seen = [c for c in self.data["categories"]
                if self.known or not c["read_restricted"]]

        def below(number):
            return [dict(c, subcategory_ids=[
                b["id"] for b in seen if b["parent_category_id"] == c["id"]])
                for c in seen if c["parent_category_id"] == number]
        found = below(above)
        if kind == "lazy":
            found = found[(page - 1) * saas.SIZE:page * saas.SIZE]
            if above is None:
                found += [b for c in found for b in below(c["id"])[:1]]
        elif page > 1 and kind != "old":
            found = []
        elif kind != "old" and above is None and \
                self.query.get("include_subcategories") == "true":
            for c in found:
                c["subcategory_list"] = below(c["id"])
                for b in c["subcategory_list"]:
                    b["subcategory_list"] = below(b["id"])
        return {"category_list": {"categories": found}}


if __name__ == "__main__":
    saas.serve(Discourse)

# SPDX-License-Identifier: MIT
"""form-check.py [SPEC PAGE]...: is PAGE a sound form for the JSON Schema in SPEC?

Every property has one control, of that name and with one label; what stands
in the schema is text. Prints the names, sorted.
"""
import json
import re
import sys
from html.parser import HTMLParser

VOID = {"meta", "input", "br"}
PLAIN = {"html", "head", "title", "style", "body", "main", "h1", "h2", "p",
         "form", "section", "div", "label", "span", "select", "option",
         "textarea", "code", "fieldset", "legend", "details", "summary", "a",
         "button", "b", "strong", "i", "em"} | VOID


class Node:
    def __init__(self, tag, attrs, up):
        self.tag, self.attrs, self.up = tag, attrs, up
        self.kids = []
        self.text = ""

    def all(self):
        for kid in self.kids:
            yield kid
            yield from kid.all()


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.at = self.root = Node("", {}, None)
        self.feed(text)
        self.close()
        assert self.at is self.root, f"{self.at.tag} is not closed"

    def handle_starttag(self, tag, attrs):
        assert tag in PLAIN, f"tag {tag}"
        assert len({k for k, v in attrs}) == len(attrs), attrs
        node = Node(tag, dict(attrs), self.at)
        self.at.kids.append(node)
        if tag not in VOID:
            self.at = node

    def handle_endtag(self, tag):
        assert self.at.tag == tag, f"</{tag}> in {self.at.tag}"
        self.at = self.at.up

    def handle_data(self, data):
        self.at.text += data


def merged(root, s):
    """The schema without references and choices of one."""
    s = dict(s)
    for _ in range(16):
        for key in ("$ref", "allOf", "oneOf", "anyOf"):
            v = s.get(key)
            if key == "$ref" and v:
                more = root
                for part in v.lstrip("#/").split("/"):
                    more = more[part.replace("~1", "/").replace("~0", "~")]
                more = [more]
            elif key == "allOf" and v:
                more = v
            elif v:
                more = [x for x in v if x.get("type") != "null"]
                if len(more) != 1:
                    continue
            else:
                continue
            del s[key]
            for m in more:
                for k in m:
                    if k in ("properties",) and k in s:
                        s[k] = {**m[k], **s[k]}
                    else:
                        s.setdefault(k, m[k])
            break
    return s


def variants(root, s):
    v = [merged(root, x) for x in s.get("oneOf") or s.get("anyOf") or []]
    return v if any(x.get("properties") for x in v) else []


def constant(root, v, k):
    p = v.get("properties", {}).get(k)
    p = merged(root, p) if p else {}
    return "const" in p or len(p.get("enum", [])) == 1


def names(root, s, at, skip=None):
    for k, v in s.get("properties", {}).items():
        if k == skip or v.get("airbyte_hidden"):
            continue
        v = merged(root, v)
        each = merged(root, v.get("items") or {})
        if v.get("properties") or variants(root, v):
            yield from names(root, v, f"{at}.{k}")
        elif v.get("type") == "array" and (each.get("properties") or
                                           variants(root, each)):
            yield from names(root, each, f"{at}.{k}.0")
        else:
            secret = v.get("airbyte_secret") or v.get("secret")
            yield (f"{at}.{k}", bool(secret))
    chosen = variants(root, s)
    if not chosen:
        return
    key = next((k for k in chosen[0].get("properties", {})
                if all(constant(root, v, k) for v in chosen)), None)
    yield (f"{at}.{key}" if key else at, False)
    for i, v in enumerate(chosen, 1):
        if v.get("properties"):
            yield from names(root, v, f"{at}#{i}", key)
        elif v.get("type") != "object":
            yield (f"{at}#{i}", False)


def controls(page):
    nodes = list(page.root.all())
    ids = [n.attrs["id"] for n in nodes if "id" in n.attrs]
    assert len(ids) == len(set(ids)), "an id stands twice"
    labels = [n.attrs["for"] for n in nodes if n.tag == "label"]
    assert sorted(labels) == sorted(set(labels)), "two labels for one control"
    found, radios = [], {}
    for n in nodes:
        for k in n.attrs:
            assert not k.startswith("on") and k not in ("src", "action"), k
        if "href" in n.attrs:
            assert re.match("https?://", n.attrs["href"], re.I), n.attrs
        if n.tag == "fieldset":
            assert n.kids[0].tag == "legend"
        for i in n.attrs.get("aria-describedby", "").split():
            assert i in ids, f"nothing is {i}"
        if n.tag not in ("input", "select", "textarea") or \
                n.attrs.get("type") == "hidden":
            continue
        assert n.attrs["id"] in labels, f"no label: {n.attrs}"
        if n.attrs.get("type") == "radio":
            radios.setdefault(n.attrs["name"], []).append(n)
            assert n.up.attrs["class"] == "option" and n.up.kids[0] is n
        else:
            assert "aria-describedby" in n.attrs, n.attrs
            found.append(n)
    for name, group in radios.items():
        assert sum("checked" in n.attrs for n in group) == 1, name
        found.append(group[0])
    return found


def unseen(n):
    """Is it in a variant that is not chosen, or folded away?"""
    while n.up is not None:
        if n.attrs.get("class") == "variant" and \
                "checked" not in n.up.kids[0].attrs:
            return True
        if n.tag == "details" and "open" not in n.attrs:
            return True
        n = n.up
    return False


def check(spec, page):
    spec = json.load(open(spec))
    connector = "connectionSpecification" in spec
    root = spec["connectionSpecification" if connector else "schema"]
    page = Page(open(page).read())
    want = {}
    for name, secret in names(root, merged(root, root),
                              "source.config" if connector else "source"):
        if name == "source.type":
            continue
        if secret and connector:
            name = "source.secrets" + name[len("source.config"):]
        assert name not in want
        want[name] = secret
    found = controls(page)
    have = sorted(n.attrs["name"] for n in found)
    assert have == sorted(want), (have, sorted(want))
    for n in found:
        hidden = n.attrs.get("type") == "password" or \
            n.attrs.get("class") == "masked"
        assert hidden == want[n.attrs["name"]], n.attrs
        # a browser would refuse to send the form and could not say why
        assert not ("required" in n.attrs and unseen(n)), n.attrs
    for name in have:
        print(name)


for pair in zip(sys.argv[1::2], sys.argv[2::2]):
    try:
        check(*pair)
    except AssertionError:
        print(*pair, file=sys.stderr)
        raise

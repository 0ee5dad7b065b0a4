/* SPDX-License-Identifier: MIT */
#include "source/rest/form.h"

#define TITLE(t, d) "\"title\":\"" t "\",\"description\":\"" d "\""
#define KEY(k) "\"" k "\":"
/* jq and text alike; null takes a default out */
#define TEXT(t, d) "{\"type\":[\"string\",\"null\"]," TITLE(t, d) "}"
#define MAP(t, d) "{\"type\":[\"object\",\"null\"]," TITLE(t, d) "}"
#define ANY(t, d) "{" TITLE(t, d) "}"
#define SECRET "\"type\":\"string\",\"secret\":true,"
#define DURATION "\"pattern\":\"^[1-9][0-9]*[smhd]$\""
#define CLOSED "\"type\":\"object\",\"additionalProperties\":false,"

/* A value that is no secret as it stands, or a reference to one. */
#define HEADERS KEY("headers") "{\"type\":[\"object\",\"null\"]," \
	TITLE("Headers", "Of each request; a value may be a secret.") "," \
	"\"additionalProperties\":{\"anyOf\":[{\"type\":[\"string\"," \
	"\"null\"]},{" SECRET TITLE("Value", "A secret.") "}]}}"
#define QUERY KEY("query") "{\"type\":[\"object\",\"null\"]," \
	TITLE("Query", "Parameters; a list repeats one, null leaves it " \
	"out.") "," \
	"\"additionalProperties\":{\"anyOf\":[{\"type\":[\"string\"," \
	"\"null\",\"array\"]},{" SECRET TITLE("Value", "A secret.") "}]}}"

#define REQUEST \
	KEY("get") TEXT("Path", "Below the URL, read with GET.") "," \
	KEY("post") TEXT("Path", "Below the URL, read with POST.") "," \
	QUERY "," HEADERS "," \
	KEY("body") ANY("Body", "JSON that is sent with POST.") "," \
	KEY("form") MAP("Form", "Fields that are sent urlencoded.")

#define ANSWER \
	KEY("format") "{\"enum\":[\"json\",\"jsonl\",\"csv\",\"xml\"," \
	"\"text\",null]," TITLE("Format", "Of the answers; without it by " \
	"their Content-Type.") "}," \
	KEY("items") TEXT("Items", "jq: the items of an answer.") "," \
	KEY("next") TEXT("Next page", "jq: where it is; nothing or false: " \
	"there is none.") "," \
	KEY("total") TEXT("Total", "jq: how many items there are; fewer " \
	"seen is an error.") "," \
	KEY("status") "{\"type\":[\"object\",\"null\"]," \
	TITLE("Status", "What to do by the answer's code: ok, retry, empty, " \
	"skip, reset, stop, denied, retry/skip, or jq that gives one.") "," \
	"\"additionalProperties\":{\"type\":[\"string\",\"null\"]}}"

#define CHECKS "{\"type\":\"object\"," \
	TITLE("Checks", "Of settings and rules, by their names: jq, or a " \
	"request whose items are what is wrong.") "," \
	"\"additionalProperties\":{\"anyOf\":[{\"type\":\"string\"}," \
	"{" CLOSED "\"properties\":{" REQUEST "," ANSWER "," \
	KEY("when") TEXT("When", "jq: is it asked at all?") "}}]}}"

#define SUB "{\"type\":[\"object\",\"null\"]," \
	TITLE("Further requests", "Their items become members of the item " \
	"before doc runs.") ",\"additionalProperties\":{\"type\":" \
	"[\"object\",\"null\"],\"additionalProperties\":false," \
	"\"properties\":{" REQUEST "," ANSWER "," \
	KEY("keep") TEXT("Keep", "jq: is the item wanted?") "," \
	KEY("when") TEXT("When", "jq: is it asked at all?") "," \
	KEY("again") TEXT("Again", "jq: is the request repeated with this " \
	"item, into children?") "}}}"

#define SINGLE "{" CLOSED "\"properties\":{" REQUEST "," ANSWER "}}"
#define ONE "{\"anyOf\":[{\"type\":[\"string\",\"null\"]}," SINGLE "," \
	"{\"type\":\"array\",\"minItems\":1,\"items\":{\"anyOf\":[" \
	"{\"type\":\"string\"}," SINGLE "]}}]," \
	TITLE("One", "The path of a single document by $id and $scope; of " \
	"several the first that has it.") "}"

#define FIELDS \
	REQUEST "," ANSWER "," \
	KEY("for") "{\"anyOf\":[{\"type\":[\"string\",\"null\"]}," \
	"{\"type\":\"array\"}]," TITLE("For", "What to repeat the stream " \
	"over: a stream, a list, jq over the settings.") "}," \
	KEY("scope") TEXT("Scope", "jq: the part of the id that names the " \
	"parent.") "," \
	KEY("keep") TEXT("Keep", "jq: is the item in the index at all?") "," \
	KEY("id") TEXT("Id", "jq: a string or an integer.") "," \
	KEY("time") TEXT("Time", "jq: when the item was changed.") "," \
	KEY("doc") TEXT("Document", "jq: item to document; false: the " \
	"stream only feeds others.") "," \
	KEY("gone") TEXT("Gone", "jq: does the item say that it was " \
	"deleted?") "," \
	KEY("as") TEXT("As", "The stream whose ids these are.") "," \
	KEY("only") "{\"enum\":[\"poll\",null]," TITLE("Only", "poll: not " \
	"read otherwise.") "}," \
	KEY("one") ONE "," KEY("with") SUB "," \
	KEY("mark") TEXT("Mark", "jq over the last answer of a listing: a " \
	"position that the server gave.") "," \
	KEY("before") "{\"type\":[\"object\",\"null\"]," \
	"\"additionalProperties\":false,\"properties\":{" REQUEST "," ANSWER \
	"," KEY("mark") TEXT("Mark", "jq: the load's mark.") "}," \
	TITLE("Before", "A request before a load lists anything.") "}," \
	KEY("newest_first") "{\"type\":[\"boolean\",\"null\"]," \
	TITLE("Newest first", "Stop after a page on which all are older.") \
	"}," \
	KEY("step") "{\"type\":[\"string\",\"null\"]," DURATION "," \
	TITLE("Step", "Cut what is polled into windows this long.") "}"

#define MODE(k, t) KEY(k) "{\"type\":[\"object\",\"null\"]," \
	"\"additionalProperties\":false,\"properties\":{" FIELDS "}," \
	TITLE(t, "Keys that replace or, for maps, extend those of the " \
	"stream.") "}"
#define STREAM_KEYS FIELDS "," MODE("poll", "In a poll") "," \
	MODE("slim", "In a listing of ids")

#define SECRETS KEY("bearer") "{\"anyOf\":[{" SECRET \
	TITLE("Token", "Of a bearer.") "},{\"type\":\"array\",\"minItems\":1," \
	"\"items\":{" SECRET TITLE("Token", "One of several.") "}}]}," \
	KEY("basic") "{\"type\":\"array\",\"minItems\":2,\"maxItems\":2," \
	"\"items\":{\"anyOf\":[{\"type\":[\"string\",\"null\"]},{" SECRET \
	TITLE("Password", "Or the user.") "}]}}"
#define OAUTH KEY("oauth") "{" CLOSED "\"required\":[\"url\"]," \
	"\"properties\":{" \
	KEY("url") "{\"type\":\"string\"}," \
	KEY("grant") "{\"enum\":[\"refresh_token\",\"client_credentials\"," \
	"\"jwt-bearer\"]}," \
	KEY("client_id") "{\"type\":[\"string\",\"null\"]}," \
	KEY("client_secret") "{" SECRET TITLE("Secret", "The client's.") "}," \
	KEY("refresh_token") "{" SECRET TITLE("Token", "The first one.") \
	"}," \
	KEY("scope") "{\"type\":[\"string\",\"null\"]}," \
	KEY("send") "{\"enum\":[\"body\",\"basic\"]}," \
	KEY("params") "{\"type\":[\"object\",\"null\"]}," \
	KEY("subject") "{\"type\":[\"string\",\"null\"]}," \
	KEY("audience") "{\"type\":[\"string\",\"null\"]}," \
	KEY("key_id") "{\"type\":[\"string\",\"null\"]}," \
	KEY("key") "{" SECRET TITLE("Key", "PEM, of a jwt-bearer.") "}}}"
#define LOGIN KEY("login") "{" CLOSED "\"required\":[\"post\"]," \
	"\"properties\":{" \
	KEY("post") "{\"type\":\"string\"}," \
	KEY("body") "{}," KEY("form") "{\"type\":\"object\"}," \
	KEY("headers") "{\"type\":\"object\"}," \
	KEY("token") "{\"type\":\"string\"}," \
	KEY("as") "{\"anyOf\":[{\"enum\":[\"bearer\",\"cookie\"]}," \
	"{\"type\":\"object\",\"required\":[\"header\"]," \
	"\"additionalProperties\":false,\"properties\":{" \
	KEY("header") "{\"type\":\"string\"}}}]}," \
	KEY("lasts") "{\"type\":\"string\"}}}"
#define AWS KEY("aws") "{" CLOSED "\"required\":[\"service\",\"region\"," \
	"\"key\",\"secret\"],\"properties\":{" \
	KEY("service") "{\"type\":\"string\"}," \
	KEY("region") "{\"type\":\"string\"}," \
	KEY("key") "{" SECRET TITLE("Key", "Its id.") "}," \
	KEY("secret") "{" SECRET TITLE("Secret", "Of the key.") "}," \
	KEY("token") "{" SECRET TITLE("Token", "Of a session.") "}}}"
#define NONE KEY("none") "{\"type\":[\"boolean\",\"string\",\"null\"]," \
	TITLE("None", "true: no credentials, the last of a list.") "}"
#define CREDENTIALS "{" CLOSED "\"properties\":{" SECRETS "," OAUTH "," \
	LOGIN "," AWS "," NONE "}}"

#define TOP_KEYS \
	KEY("url") "{\"type\":\"string\",\"minLength\":1," \
	TITLE("URL", "Of the API; paths are below it.") "}," \
	KEY("auth") "{\"anyOf\":[" CREDENTIALS ",{\"type\":\"array\"," \
	"\"items\":" CREDENTIALS "}]," TITLE("Credentials", "One way, or a " \
	"list of which the first without a null is taken.") "}," \
	KEY("rate") "{\"type\":\"string\"," TITLE("Rate", "Requests: 3/s, " \
	"900/15m.") "}," \
	KEY("wait") "{\"type\":\"string\"," DURATION "," TITLE("Wait", "The " \
	"least before another try, where the server does not say.") "}," \
	KEY("parallel") "{\"type\":\"integer\",\"minimum\":1,\"maximum\":64," \
	TITLE("Parallel", "Requests under way at once.") "}," \
	KEY("overlap") "{\"type\":\"string\"," TITLE("Overlap", "How far a " \
	"poll goes back before the last one.") "}," \
	KEY("checks") CHECKS "," \
	KEY("streams") "{\"type\":\"object\"," TITLE("Streams", "By their " \
	"names.") ",\"additionalProperties\":{\"type\":[\"object\",\"null\"]," \
	"\"additionalProperties\":false,\"properties\":{" STREAM_KEYS "}}}," \
	STREAM_KEYS

#define TLS_KEYS \
	KEY("ca") "{\"type\":\"string\",\"format\":\"path\"," \
	TITLE("Certificates", "A PEM file of those that are trusted.") "}," \
	KEY("cert") "{\"type\":\"string\",\"format\":\"path\"," \
	TITLE("Certificate", "A PEM file with ours, for servers that ask.") \
	"}," \
	KEY("key") "{\"type\":\"string\",\"format\":\"path\"," \
	TITLE("Key", "A PEM file with the key of the certificate.") "}," \
	KEY("allow_http") "{\"type\":\"boolean\"," \
	TITLE("Allow http", "Credentials may go in the clear.") "}"

#define SCHEMA(more) "{\"type\":\"object\",\"required\":[\"url\"," \
	"\"streams\"],\"additionalProperties\":false,\"properties\":{" \
	TOP_KEYS more "}}"

static const char spec[] = "{\"type\":\"rest\",\"title\":\"REST API\","
    "\"schema\":" SCHEMA("," TLS_KEYS) ","
    "\"verbs\":[\"check\",\"discover\",\"load\",\"slim\",\"poll\"],"
    "\"slim_fields\":[],\"ids\":true,\"confirm\":true}";

static const char file_schema[] = SCHEMA(","
    KEY("type") "{\"type\":\"string\"},"
    KEY("title") "{\"type\":\"string\"},"
    KEY("description") "{\"type\":\"string\"},"
    KEY("settings") "{\"type\":\"object\",\"additionalProperties\":"
    "{\"type\":\"object\"}}");

const char *
form_spec(void)
{
	return spec;
}

struct val *
form_file(struct arena *a)
{
	struct val_error e;

	return val_parse(a, span_of(file_schema), JSON_DEPTH, true, &e);
}

bool
form_common(struct span key)
{
	static const char *const common[] = { "type", "timeout", "rate",
	    "overlap", "retry", "parallel", "ca", "cert", "key",
	    "allow_http" };

	for (size_t i = 0; i < sizeof common / sizeof *common; i++)
		if (span_is(key, common[i]))
			return true;
	return false;
}

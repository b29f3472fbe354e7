"""One method of the official client on a response; prints what came of it as JSON.

responses.py BASE_URL API_KEY METHOD [ARGUMENT]
"""

import json
import sys

from openai import APIError, OpenAI

base_url, api_key, method, *more = sys.argv[1:]
client = OpenAI(base_url=base_url, api_key=api_key, max_retries=0)


def read(events, at_most=None):
    """What a reader has seen, until it has seen enough."""
    seen = {"id": None, "text": "", "numbers": [], "types": [], "error": None}
    try:
        for event in events:
            seen["types"].append(event.type)
            seen["numbers"].append(event.sequence_number)
            if event.type == "response.created":
                seen["id"] = event.response.id
            if event.type == "response.output_text.delta":
                seen["text"] += event.delta
            if at_most is not None and len(seen["numbers"]) == at_most:
                events.close()
                break
    except APIError as error:
        seen["error"] = str(error)
    return seen


def shown(response):
    return {"id": response.id, "status": response.status, "text": response.output_text}


if method == "create":
    model, at_most = more
    events = client.responses.create(model=model, input="Say words.", stream=True, background=True)
    result = read(events, int(at_most) if at_most != "all" else None)
elif method == "retrieve":
    result = shown(client.responses.retrieve(more[0]))
elif method == "stream":
    result = read(client.responses.retrieve(more[0], stream=True, starting_after=int(more[1])))
elif method == "cancel":
    result = shown(client.responses.cancel(more[0]))
elif method == "delete":
    client.responses.delete(more[0])
    try:
        client.responses.retrieve(more[0])
        result = {"status": 200}
    except APIError as error:
        result = {"status": error.status_code}
else:
    raise SystemExit(f"no such method: {method}")
print(json.dumps(result))

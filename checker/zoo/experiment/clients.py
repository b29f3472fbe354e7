"""Real clients: Chromium and OpenAI's SDK for Node, which clients.mjs drives, and OpenAI's SDK for Python."""
import asyncio
import json
import pathlib
import sys


try:
    import httpx2
    import openai
except ImportError:
    openai = None

HERE = pathlib.Path(__file__).resolve().parent
ANSWER_LENGTH_MAX = 1 << 20
CODES = ("LW018", "LW022")


class Clients:
    """One Chromium for all routes, a page for each visit."""

    def __init__(self, process):
        self.process = process
        self.waiting = {}
        self.reading = asyncio.ensure_future(self.read())

    @classmethod
    async def start(cls):
        if openai is None:
            print("LW022 is tried without OpenAI's SDK for Python: pip install openai", file=sys.stderr)
        pipe = asyncio.subprocess.PIPE
        return cls(await asyncio.create_subprocess_exec("node", HERE / "clients.mjs", stdin=pipe, stdout=pipe, limit=ANSWER_LENGTH_MAX))

    async def read(self):
        while line := await self.process.stdout.readline():
            answer = json.loads(line)
            self.waiting.pop(answer["number"]).set_result(answer)
        for future in self.waiting.values():
            future.set_exception(RuntimeError("clients.mjs has ended; it needs Chromium and the packages of e2e (npm ci)"))

    async def ask(self, **route):
        number = id(route)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        self.process.stdin.write(json.dumps({"number": number, **route}).encode() + b"\n")
        return await self.waiting[number]

    async def stop(self):
        self.process.stdin.close()
        await self.process.wait()


def in_python_sdk(route, message, whole):
    """
    :param whole: what a plain reader has read of that message's answer
    :return: what is wrong, empty if nothing
    """
    if openai is None:
        return ""

    class ToRoute(httpx2.HTTPTransport):
        def handle_request(self, request):
            if route.method == "GET":
                asked = httpx2.Request("GET", f"{route.base}/chat", params={"message": message}, headers=route.headers)
            else:
                asked = httpx2.Request("POST", f"{route.base}/chat", json={"message": message}, headers=route.headers)
            return super().handle_request(asked)

    read = ""
    with openai.OpenAI(api_key="none", base_url=route.base, max_retries=0, http_client=httpx2.Client(transport=ToRoute())) as client:
        try:
            for chunk in client.chat.completions.create(model="zoo", messages=[], stream=True):
                read += "".join(choice.delta.content or "" for choice in chunk.choices)
        except httpx2.TransportError:
            pass  # the answer was cut; what had come is compared
        except Exception as failed:
            return f"openai for Python raises {failed!r}"
    return "" if read == whole else f"openai for Python reads {len(read)} characters of {len(whole)}"


def middle(route, reading):
    """Twice the number of the event in the middle of those that bring text."""
    with_text = [index for index, event in enumerate(reading.events) if route.form.piece(event)]
    return 2 * (with_text[len(with_text) // 2] + 1) if with_text else len(reading.events)


async def judge_clients(clients, route, verdicts, message, asked, said, reading, took):
    """LW018 and LW022 of one route, of which a plain reader has read `reading`."""
    ended = [event.at for event in reading.events if route.form.terminal(event)]
    answer = await clients.ask(
        base=route.base,
        options=route.options,
        terminal=bool(ended),
        kept=min(route.kept, 1 << 30),
        asked=asked,
        whole=said,
        events=middle(route, reading),
        tookMs=took * 1000,
        heldMs=(reading.ended - ended[0]) * 1000 if ended else 0,
    )
    verdicts["LW018"], verdicts["LW022"] = tuple(answer["LW018"]), tuple(answer["LW022"])
    if verdicts["LW022"][0] == "pass":
        wrong = await asyncio.to_thread(in_python_sdk, route, message, said.replace(asked, message))
        if wrong:
            verdicts["LW022"] = "fail", wrong

"""One question, its answer, and where the answer is saved."""
import asyncio
import uuid

PAUSE_S = 0.008  # between two pieces of an answer
SAVE_S = 0.05  # what a database takes

saved = {}


def pieces(message, size=1):
    """The answer to a message in about 20 pieces, always the same for the same message."""
    words = "it was read with care , and this is what there is to say about it : all is well".split()
    return [f"You said: {message}. Well,"] + [(" " + word) * size for word in words] + [" End."]


class Turn:
    def __init__(self, message, request):
        self.id = uuid.uuid4().hex
        self.message = message
        self.request = request
        self.text = ""

    async def words(self, pieces_max=None, size=1):
        """The pieces as a model would send them; `text` grows with each."""
        for piece in pieces(self.message, size)[:pieces_max]:
            await asyncio.sleep(PAUSE_S)
            self.text += piece
            yield piece

    async def save(self, status="complete", text=None):
        await asyncio.sleep(SAVE_S)
        self.save_now(status, text)

    def save_now(self, status="complete", text=None):
        saved[self.id] = {"id": self.id, "text": self.text if text is None else text, "status": status}

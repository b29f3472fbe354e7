"""The events of one answer, kept in order for whoever reads them, whenever."""
import asyncio


class Log:
    def __init__(self, owner=None):
        self.owner = owner
        self.events = []
        self.ended = False
        self.grown = asyncio.Condition()

    async def fill(self, events):
        async for event in events:
            self.events.append(event)
            await self.tell_readers()
        self.ended = True
        await self.tell_readers()

    async def tell_readers(self):
        async with self.grown:
            self.grown.notify_all()

    async def read(self, after=0):
        """Yields events with their numbers, from `after` + 1 on, until the answer is over."""
        position = after
        while True:
            async with self.grown:
                await self.grown.wait_for(lambda: self.ended or len(self.events) > position)
                unread = self.events[position:]
            for event in unread:
                position += 1
                yield position, event
            if self.over(position):
                return

    def over(self, position):
        return self.ended and position >= len(self.events)

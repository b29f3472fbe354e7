from fastapi import HTTPException
from litellm.integrations.custom_logger import CustomLogger
from litellm.proxy.proxy_server import app
from turn import messages, save


class Keeping(CustomLogger):
    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        id = kwargs["optional_params"].get("user") or kwargs["user"]
        await save(id, response_obj.choices[0].message.content)


callback = Keeping()


@app.get("/messages/{id}")
async def message(id: str):
    if id not in messages:
        raise HTTPException(404)
    return messages[id]

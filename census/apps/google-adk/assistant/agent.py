from google.adk.agents import LlmAgent
from google.adk.models import BaseLlm, LlmResponse
from google.genai import types
from turn import model


def said(text):
    return types.Content(role="model", parts=[types.Part(text=text)])


class Scripted(BaseLlm):
    async def generate_content_async(self, llm_request, stream=False):
        text = ""
        async for piece in model(llm_request.contents[-1].parts[-1].text):
            text += piece
            yield LlmResponse(content=said(piece), partial=True)
        yield LlmResponse(content=said(text), partial=False, finish_reason=types.FinishReason.STOP)


root_agent = LlmAgent(name="assistant", model=Scripted(model="scripted"))

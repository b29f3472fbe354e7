import os

from agno.agent import Agent
from agno.db.sqlite import SqliteDb
from agno.models.openai.like import OpenAILike
from agno.os import AgentOS

scripted = OpenAILike(id="scripted", base_url=os.environ["CENSUS_MODEL"], api_key="none")
agent = Agent(id="assistant", name="Assistant", model=scripted, db=SqliteDb(db_file="agno.db"), telemetry=False)
app = AgentOS(agents=[agent], telemetry=False).get_app()

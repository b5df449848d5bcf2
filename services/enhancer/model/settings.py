"""Where the model is, how long and how often it is asked, and what it costs."""

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.errors import BadInput


def model_settings() -> "LlmSettings":
    """The settings of the environment. Raises BadInput naming the variable, and never its value, where one cannot be."""
    try:
        return LlmSettings()
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = f"HOUSEBAND_LLM_{str(first['loc'][0]).upper()}"
        raise BadInput(name, "its value", first["msg"]) from None


class LlmSettings(BaseSettings):
    """`HOUSEBAND_LLM_*` in the environment. Without `HOUSEBAND_LLM_BASE_URL` no model is asked."""

    model_config = SettingsConfigDict(
        env_prefix="HOUSEBAND_LLM_", extra="ignore", frozen=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    base_url: str | None = Field(default=None, description="any address that speaks the OpenAI protocol, such as http://127.0.0.1:11434/v1")
    model: str = Field(default="gpt-4o-mini", description="the model that reads prompts")
    vision_model: str | None = Field(default=None, description="the model that looks at pictures; None: pictures are only measured")
    api_key: SecretStr = SecretStr("none")
    timeout_s: float = Field(default=20.0, gt=0, le=600, description="for the whole answer: connection, waits, retries and all")
    retries: int = Field(default=2, ge=0, le=10, description="after 429, 5xx and broken connections")
    first_delay_s: float = Field(default=0.5, ge=0, description="before the first retry; each further one waits twice as long")
    max_bytes: int = Field(default=1 << 20, gt=0, description="largest answer that is read")
    max_tokens: int = Field(default=4000, gt=0, description="largest answer that is asked for")
    price_prompt: float | None = Field(default=None, ge=0, description="per million tokens of the question")
    price_cached: float | None = Field(
        default=None, ge=0, description="per million that the server had in its cache; None: as price_prompt"
    )
    price_completion: float | None = Field(default=None, ge=0, description="per million tokens of the answer")
    currency: str = Field(default="USD", max_length=12)

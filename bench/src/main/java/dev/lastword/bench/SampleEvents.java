package dev.lastword.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

/** What the events of a measured body look like; all of a body are equal. */
public enum SampleEvents {
  /** A chat completion chunk as OpenAI sends it, 230 bytes with its line ends. */
  OPENAI_230(
      "data: {\"id\":\"chatcmpl-BfY7mGqVvNTPJ4kA1o3uDZr9Xw2Lc\",\"object\":\"chat.completion.chunk\","
          + "\"created\":1767225600,\"model\":\"gpt-5.2-2025-12-11\",\"choices\":[{\"index\":0,"
          + "\"delta\":{\"content\":\" finally\"},\"logprobs\":null,\"finish_reason\":null}]}"),
  /** A small typed event, 40 bytes. */
  SMALL_40("event: delta\ndata: {\"text\":\"sentence\"}");

  private final String event;

  SampleEvents(String event) {
    this.event = event + "\n\n";
  }

  byte[] body(int count) {
    return event.repeat(count).getBytes(UTF_8);
  }

  int bytesEach() {
    return event.length();
  }
}

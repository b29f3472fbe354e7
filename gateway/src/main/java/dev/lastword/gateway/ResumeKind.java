package dev.lastword.gateway;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** Whose clients come back on a route, beside those of OpenAI's Responses, who do on every one. */
enum ResumeKind {
  /** Nobody's: what comes back is the upstream's to answer. */
  NONE("none"),
  /** The AI SDK's {@code useChat}. */
  AI_SDK("ai-sdk"),
  /** The AI SDK's {@code WorkflowChatTransport}. */
  WORKFLOW("workflow"),
  /** TanStack AI's connection adapters. */
  TANSTACK("tanstack"),
  /** AG-UI's agents. */
  AG_UI("ag-ui"),
  /** MCP's, of the protocol of 2025-11-25. */
  MCP("mcp");

  private final String word;

  ResumeKind(String word) {
    this.word = word;
  }

  static Optional<ResumeKind> of(String word) {
    return Arrays.stream(values()).filter(kind -> kind.word.equals(word)).findFirst();
  }

  /** The words that {@link #of} knows, for messages. */
  static String words() {
    return Arrays.stream(values()).map(kind -> kind.word).collect(Collectors.joining(", "));
  }
}

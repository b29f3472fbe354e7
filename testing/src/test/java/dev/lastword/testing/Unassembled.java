package dev.lastword.testing;

import dev.lastword.dialect.AssembledResponse;
import dev.lastword.dialect.Dialect;
import dev.lastword.dialect.Dialects;
import dev.lastword.dialect.EndingDetector;
import dev.lastword.dialect.RequestFacts;
import dev.lastword.dialect.ResponseAssembler;
import dev.lastword.sse.SseEvent;
import java.util.Optional;

/** OpenAI's chat, and nothing that is said in it can be put together. */
final class Unassembled implements Dialect {
  private static final Dialect CHAT = Dialects.ofPath("/v1/chat/completions");

  @Override
  public String name() {
    return CHAT.name();
  }

  @Override
  public EndingDetector detector(RequestFacts facts) {
    return CHAT.detector(facts);
  }

  @Override
  public ResponseAssembler assembler() {
    return new ResponseAssembler() {
      @Override
      public void accept(SseEvent event) {}

      @Override
      public AssembledResponse assemble() {
        throw new UnsupportedOperationException("scripted");
      }
    };
  }

  @Override
  public RequestFacts facts(byte[] body) {
    return CHAT.facts(body);
  }

  @Override
  public SseEvent error(String code, String message) {
    return CHAT.error(code, message);
  }

  @Override
  public Optional<SseEvent> missingTerminal() {
    return CHAT.missingTerminal();
  }
}

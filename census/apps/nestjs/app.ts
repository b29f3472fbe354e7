import "reflect-metadata";
import { Controller, Get, MessageEvent, Module, NotFoundException, Param, Query, Sse } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { from, Observable, ReplaySubject, tap } from "rxjs";
import { messages, model, save } from "./turn.mjs";

const DONE: MessageEvent = { type: "done", data: "end" };

@Controller()
class Chat {
  @Sse("naive")
  naive(@Query("id") id: string, @Query("message") message: string): Observable<MessageEvent> {
    async function* answer() {
      let text = "";
      for await (const piece of model(message)) {
        text += piece;
        yield { data: { text: piece } };
      }
      yield DONE;
      await save(id, text);
    }
    return from(answer());
  }

  @Sse("complete")
  complete(@Query("id") id: string, @Query("message") message: string): Observable<MessageEvent> {
    let text = "";
    async function* answer() {
      for await (const piece of model(message)) {
        text += piece;
        yield { data: { text: piece } };
      }
      yield DONE;
    }
    return from(answer()).pipe(tap({ complete: () => save(id, text) }));
  }

  @Sse("right")
  right(@Query("id") id: string, @Query("message") message: string): Observable<MessageEvent> {
    const events = new ReplaySubject<MessageEvent>();
    (async () => {
      let text = "";
      for await (const piece of model(message)) {
        text += piece;
        events.next({ data: { text: piece } });
      }
      await save(id, text);
      events.next(DONE);
      events.complete();
    })();
    return events;
  }

  @Get("messages/:id")
  message(@Param("id") id: string) {
    const found = messages.get(id);
    if (!found) throw new NotFoundException();
    return found;
  }
}

@Module({ controllers: [Chat] })
class App {}

const app = await NestFactory.create(App, { logger: ["error"] });
await app.listen(Number(process.env.PORT), "127.0.0.1");

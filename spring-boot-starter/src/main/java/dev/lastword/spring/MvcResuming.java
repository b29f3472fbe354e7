package dev.lastword.spring;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.concurrent.CompletableFuture;
import org.springframework.web.context.request.async.WebAsyncUtils;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Gives a reader that comes back by the path it has asked the rest of its answer. The controller is
 * not called: the model is not asked again.
 */
final class MvcResuming implements HandlerInterceptor {
  private final Answers answers;
  private final MvcReaders readers;

  MvcResuming(Answers answers, MvcReaders readers) {
    this.answers = answers;
    this.readers = readers;
  }

  @Override
  public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler)
      throws Exception {
    if (!answers.isEdge(MvcReturns.pathWithin(request))) {
      return true;
    }
    try {
      return goesOn(request, response);
    } catch (ResponseStatusException e) {
      // Not the application's to handle, which has not been asked.
      response.sendError(e.getStatusCode().value(), e.getReason());
      return false;
    }
  }

  private boolean goesOn(HttpServletRequest request, HttpServletResponse response)
      throws Exception {
    var owner = answers.owner(request.getUserPrincipal());
    var at =
        answers.resumed(request.getHeader(Answers.LAST_EVENT_ID), owner, request.getRequestURI());
    if (at.isEmpty()) {
      return true;
    }
    var manager = WebAsyncUtils.getAsyncManager(request);
    if (manager.hasConcurrentResult()) {
      var result = manager.getConcurrentResult();
      manager.clearConcurrentResult();
      if (result instanceof Exception failure) {
        throw failure;
      }
      return false; // the dispatch at the end of the reader
    }
    var async = WebAsyncUtils.createAsyncWebRequest(request, response);
    manager.setAsyncWebRequest(async);
    var place = new MvcReaders.Place(at.get().stream(), owner, at.get().lastEventId());
    var guarded = async.getNativeResponse(HttpServletResponse.class);
    readers.serve(
        place,
        request,
        guarded == null ? response : guarded,
        CompletableFuture.completedFuture(null));
    return false;
  }
}

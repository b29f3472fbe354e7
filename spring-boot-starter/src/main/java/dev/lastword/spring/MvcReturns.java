package dev.lastword.spring;

import dev.lastword.library.Answer;
import dev.lastword.stream.Owner;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import org.springframework.core.MethodParameter;
import org.springframework.core.ReactiveAdapterRegistry;
import org.springframework.core.ResolvableType;
import org.springframework.http.HttpEntity;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.PathContainer;
import org.springframework.http.server.RequestPath;
import org.springframework.util.ClassUtils;
import org.springframework.web.accept.ContentNegotiationManager;
import org.springframework.web.context.request.NativeWebRequest;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.method.support.ModelAndViewContainer;
import org.springframework.web.servlet.HandlerMapping;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitter;
import org.springframework.web.servlet.mvc.method.annotation.ResponseBodyEmitterReturnValueHandler;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;
import org.springframework.web.util.ServletRequestPathUtils;

/**
 * The first of Spring MVC's handlers of return values. An event stream is handed to the handler
 * that it was meant for, but with a request and a response that lead to the journal; its connection
 * is served from there. What is none is left to that handler as it was.
 */
final class MvcReturns implements HandlerMethodReturnValueHandler {
  private static final CompletionStage<Void> BEGUN = CompletableFuture.completedFuture(null);

  private static final boolean REACTOR =
      ClassUtils.isPresent("reactor.core.publisher.Flux", MvcReturns.class.getClassLoader());

  private static final SourceContext CONTEXT =
      REACTOR ? ReactorContexts.ofAnswer() : SourceContext.NONE;

  private final Answers answers;
  private final MvcReaders readers;
  private final List<HandlerMethodReturnValueHandler> others;
  private final ResponseBodyEmitterReturnValueHandler emitters;
  private final ContentNegotiationManager negotiation;
  private final ReactiveAdapterRegistry reactive = ReactiveAdapterRegistry.getSharedInstance();

  MvcReturns(
      Answers answers,
      MvcReaders readers,
      List<HandlerMethodReturnValueHandler> others,
      ContentNegotiationManager negotiation) {
    this.answers = answers;
    this.readers = readers;
    this.others = others;
    this.emitters =
        others.stream()
            .filter(ResponseBodyEmitterReturnValueHandler.class::isInstance)
            .map(ResponseBodyEmitterReturnValueHandler.class::cast)
            .findFirst()
            .orElseThrow(() -> new IllegalStateException("Spring MVC handles no emitters"));
    this.negotiation = negotiation;
  }

  @Override
  public boolean supportsReturnType(MethodParameter returnType) {
    var type = returnType.getParameterType();
    return MvcReaders.Served.class.isAssignableFrom(type)
        || MvcReaders.Place.class.isAssignableFrom(type)
        || SseAnswer.class.isAssignableFrom(type)
        || ResponseEntity.class.isAssignableFrom(type)
        || emitters.supportsReturnType(returnType);
  }

  @Override
  public void handleReturnValue(
      @Nullable Object value,
      MethodParameter returnType,
      ModelAndViewContainer view,
      NativeWebRequest webRequest)
      throws Exception {
    if (value instanceof MvcReaders.Served) {
      view.setRequestHandled(true); // after the dispatch at the end of a reader
      return;
    }
    if (value instanceof MvcReaders.Place place) {
      serve(place, view, webRequest);
      return;
    }
    var body = body(value);
    if (body instanceof SseAnswer answer) {
      answer(answer, value, view, webRequest);
    } else if (body != null && isKept(body, value, returnType, webRequest)) {
      keep(value, returnType, view, webRequest);
    } else {
      next(returnType).handleReturnValue(value, returnType, view, webRequest);
    }
  }

  private void serve(
      MvcReaders.Place place, ModelAndViewContainer view, NativeWebRequest webRequest)
      throws Exception {
    readers.serve(place, request(webRequest), response(webRequest), BEGUN, view);
  }

  private HandlerMethodReturnValueHandler next(MethodParameter returnType) {
    return others.stream()
        .filter(handler -> handler.supportsReturnType(returnType))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("nobody handles " + returnType));
  }

  private void answer(
      SseAnswer answer,
      @Nullable Object value,
      ModelAndViewContainer view,
      NativeWebRequest webRequest)
      throws Exception {
    var request = request(webRequest);
    var response = response(webRequest);
    if (MvcReaders.isHead(request)) {
      head(value, response);
      response.setContentType(Answers.EVENT_STREAM.toString());
      view.setRequestHandled(true);
      return;
    }
    var asking = answers.owner(request.getUserPrincipal());
    var id = answers.begin(answer, asking, request.getRequestURI(), CONTEXT);
    head(value, response);
    var place = new MvcReaders.Place(id, answer.ownerOr(asking), "");
    readers.serve(place, request, response, BEGUN, view);
  }

  private void keep(
      @Nullable Object value,
      MethodParameter returnType,
      ModelAndViewContainer view,
      NativeWebRequest webRequest)
      throws Exception {
    var request = request(webRequest);
    var response = response(webRequest);
    var owner = answers.owner(request.getUserPrincipal());
    var intake = intake(body(value), owner, request.getRequestURI());
    var kept = new KeptRequest(request, new KeptResponse(response, intake), intake);
    try {
      emitters.handleReturnValue(
          inContext(value, intake.answer()), returnType, new ModelAndViewContainer(), kept);
    } catch (Exception | Error e) {
      intake.failed(e);
      throw e;
    }
    kept.copyHead(response);
    var place = new MvcReaders.Place(intake.id(), owner, "");
    readers.serve(place, request, response, intake.begun(), view);
  }

  /** An emitter's thread may run already: it is told where nobody will take what it says. */
  private Intake intake(@Nullable Object body, Owner owner, String path) {
    try {
      return answers.intake(owner, path);
    } catch (RuntimeException e) {
      if (body instanceof ResponseBodyEmitter emitter) {
        emitter.completeWithError(e);
      }
      throw e;
    }
  }

  private static @Nullable Object inContext(@Nullable Object value, Answer answer) {
    if (!REACTOR) {
      return value;
    }
    return value instanceof ResponseEntity<?> entity
        ? ResponseEntity.status(entity.getStatusCode())
            .headers(entity.getHeaders())
            .body(ReactorContexts.in(entity.getBody(), answer))
        : ReactorContexts.in(value, answer);
  }

  private static @Nullable Object body(@Nullable Object value) {
    return value instanceof HttpEntity<?> entity ? entity.getBody() : value;
  }

  private static void head(@Nullable Object value, HttpServletResponse response) {
    if (value instanceof ResponseEntity<?> entity) {
      response.setStatus(entity.getStatusCode().value());
      entity
          .getHeaders()
          .forEach((name, texts) -> texts.forEach(text -> response.addHeader(name, text)));
    }
  }

  /** Whether it is an event stream, by the rules of the handler that it is meant for. */
  private boolean isKept(
      Object body, @Nullable Object value, MethodParameter returnType, NativeWebRequest request)
      throws Exception {
    if (value instanceof ResponseEntity<?> entity && !entity.getStatusCode().is2xxSuccessful()) {
      return false;
    }
    return !MvcReaders.isHead(request(request))
        && isEventStream(body, value, returnType, request)
        && answers.isEdge(pathWithin(request(request)));
  }

  private boolean isEventStream(
      Object body, @Nullable Object value, MethodParameter returnType, NativeWebRequest request)
      throws Exception {
    var preset =
        value instanceof HttpEntity<?> entity ? entity.getHeaders().getContentType() : null;
    if (body instanceof SseEmitter) {
      return preset == null || Answers.EVENT_STREAM.includes(preset);
    }
    if (body instanceof ResponseBodyEmitter) {
      return preset != null && Answers.EVENT_STREAM.includes(preset);
    }
    var adapter = reactive.getAdapter(body.getClass());
    if (adapter == null || !adapter.isMultiValue()) {
      return false;
    }
    Collection<MediaType> types = preset != null ? List.of(preset) : accepted(request);
    return types.stream().anyMatch(Answers.EVENT_STREAM::includes)
        || ServerSentEvent.class.isAssignableFrom(elementType(value, returnType));
  }

  private static Class<?> elementType(@Nullable Object value, MethodParameter returnType) {
    var type = value instanceof HttpEntity<?> ? returnType.nested() : returnType;
    return ResolvableType.forMethodParameter(type).getGeneric().toClass();
  }

  @SuppressWarnings("unchecked") // Spring's own attribute
  private Collection<MediaType> accepted(NativeWebRequest request) throws Exception {
    var producible =
        (Collection<MediaType>)
            request.getAttribute(
                HandlerMapping.PRODUCIBLE_MEDIA_TYPES_ATTRIBUTE, NativeWebRequest.SCOPE_REQUEST);
    return producible == null || producible.isEmpty()
        ? negotiation.resolveMediaTypes(request)
        : producible;
  }

  /** As controllers are mapped: without what leads to the application, and to its servlet. */
  static PathContainer pathWithin(HttpServletRequest request) {
    return path(request).pathWithinApplication();
  }

  /** What stands before {@link #pathWithin}. */
  static String base(HttpServletRequest request) {
    var path = path(request);
    return path.value()
        .substring(0, path.value().length() - path.pathWithinApplication().value().length());
  }

  private static RequestPath path(HttpServletRequest request) {
    return ServletRequestPathUtils.hasParsedRequestPath(request)
        ? ServletRequestPathUtils.getParsedRequestPath(request)
        : ServletRequestPathUtils.parseAndCache(request);
  }

  private static HttpServletRequest request(NativeWebRequest webRequest) {
    return there(webRequest.getNativeRequest(HttpServletRequest.class));
  }

  private static HttpServletResponse response(NativeWebRequest webRequest) {
    return there(webRequest.getNativeResponse(HttpServletResponse.class));
  }

  private static <T> T there(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("not a request of a servlet");
    }
    return part;
  }
}

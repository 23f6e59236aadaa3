import HTTPTypes
public import Hummingbird

/// Takes the caller's `traceparent`, or begins a trace, and makes a span of it current while the request is answered,
/// so that every log line of the request bears `trace_id` and `span_id`.
public struct TraceMiddleware<Context: RequestContext>: RouterMiddleware {
  private let random: @Sendable () -> UInt64

  /// - Parameter random: where identifiers come from.
  public init(random: @escaping @Sendable () -> UInt64 = { .random(in: 0 ... .max) }) {
    self.random = random
  }

  /// Answers within a span of the caller's trace.
  public func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    let caller = TraceContext.extract(.http) { name in
      HTTPField.Name(name).flatMap { request.headers[$0] }
    }
    let span = caller?.child(random: random) ?? .root(random: random)
    return try await span.withCurrent { try await next(request, context) }
  }
}

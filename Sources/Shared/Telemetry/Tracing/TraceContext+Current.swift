public import Logging
public import Tracing

private enum TraceContextKey: ServiceContextKey {
  typealias Value = TraceContext
}

extension ServiceContext {
  /// The trace context carried along with the task, beside whatever other instruments carry.
  public var traceContext: TraceContext? {
    get { self[TraceContextKey.self] }
    set { self[TraceContextKey.self] = newValue }
  }
}

extension TraceContext {
  /// The context of the running task, if any.
  public static var current: TraceContext? { ServiceContext.current?.traceContext }

  /// Runs `body` with this context as the current one, child tasks included.
  public func withCurrent<Result>(_ body: () throws -> Result) rethrows -> Result {
    try ServiceContext.withValue(carryingSelf, operation: body)
  }

  /// Runs `body` with this context as the current one, child tasks included.
  public func withCurrent<Result>(
    isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async rethrows -> Result {
    try await ServiceContext.withValue(carryingSelf, isolation: isolation, operation: body)
  }

  private var carryingSelf: ServiceContext {
    var context = ServiceContext.current ?? .topLevel
    context.traceContext = self
    return context
  }
}

extension Logger.MetadataProvider {
  /// `trace_id` and `span_id` of the current trace context, or nothing.
  public static let trace = Logger.MetadataProvider {
    guard let current = TraceContext.current else { return [:] }
    return ["trace_id": .string(current.traceID.description), "span_id": .string(current.spanID.description)]
  }
}

import Contract
import HTTPTypes
import Hummingbird
import Metrics
import NIOHTTP1

/// Counts requests and their time by method, route and status; never by resource name.
struct RequestMetricsMiddleware: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
  ) async throws -> Response {
    let started = ContinuousClock.now
    func record(_ status: Int) {
      let route = context.endpointPath ?? "unknown"
      // Clients may make methods up; labels stay few.
      let method = HTTPRequest.Method.wellKnown.contains(request.method) ? request.method.rawValue : "other"
      let dimensions = [("method", method), ("route", route), ("status", String(status))]
      let elapsed = (ContinuousClock.now - started).components
      Timer(label: "regie.http.request", dimensions: dimensions)
        .recordNanoseconds(elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000)
    }
    do {
      let response = try await next(request, context)
      record(response.status.code)
      return response
    } catch {
      record(error is HTTPParserError ? 400 : Problem(error, language: .fr, path: request.uri.path).status)
      throw error
    }
  }
}

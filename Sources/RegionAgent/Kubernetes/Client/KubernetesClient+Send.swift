import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

extension KubernetesClient {
  /// Sends a call, retries included, and decodes the answer.
  func send<Answer: Decodable & Sendable>(_ call: Call, timeout: Duration?, as: Answer.Type) async throws -> Answer {
    let body = try await send(call, timeout: timeout)
    do {
      return try JSONDecoder().decode(Answer.self, from: body)
    } catch {
      throw KubernetesError.decoding(call.description, error)
    }
  }

  /// Sends a call, retries included; the body of the successful answer.
  func send(_ call: Call, timeout: Duration?) async throws -> Data {
    let limit = timeout ?? configuration.callTimeout
    let deadline = ContinuousClock.now + limit
    var attempt = 1
    while true {
      let failure: KubernetesError
      do {
        try await heedPatience(for: call, until: call.waits ? deadline : .now)
        let body = try await before(deadline) { try await self.attempt(call, deadline) }
        guard let body else { throw KubernetesError.timeout(call.description, after: limit) }
        return body
      } catch let error as KubernetesError {
        failure = error
      }
      let wait = configuration.retry.delay(
        after: failure, attempt: attempt, isRepeatable: call.isRepeatable, random: .random(in: 0..<1))
      guard call.waits, let wait, ContinuousClock.now + wait < deadline else { throw failure }
      logger.debug("call is tried again", metadata: ["error": "\(failure)", "attempt": "\(attempt)"])
      try await Task.sleep(for: wait)
      attempt += 1
    }
  }

  /// Waits as long as the server wants to be left alone, and a moment more, so that calls that waited together do not come
  /// back together.
  func heedPatience(for call: Call, until deadline: ContinuousClock.Instant) async throws {
    while let left = patience.left() {
      let random = Double.random(in: 0..<1)
      let wait = left + configuration.retry.backoff.delay(attempt: 1, random: random) * random
      guard ContinuousClock.now + wait < deadline else {
        throw KubernetesError(
          kind: .tooManyRequests, call: call.description, retryAfter: left,
          message: "not sent: the server asks for patience")
      }
      try await Task.sleep(for: wait)
    }
  }

  /// One try, and another where what may have been renewed was read again and the call may be sent twice.
  private func attempt(_ call: Call, _ deadline: ContinuousClock.Instant) async throws -> Data {
    let used = await certificates?.renewals
    do {
      return try await exchange(call, deadline)
    } catch let error as KubernetesError {
      // What was read again serves the next call also where this one is sent once.
      guard await renew(after: error, used: used), call.waits else { throw error }
      return try await exchange(call, deadline)
    }
  }

  /// Whether a call that has failed is worth another try, since files that others renew were read again: a token that
  /// the server refuses, or certificates where one of the two does not believe the other.
  ///
  /// - Parameter used: how often certificates had been renewed before that call.
  func renew(after error: KubernetesError, used: Int?) async -> Bool {
    if error.code == 401, let tokenFile {
      await tokenFile.suspect()
      return true
    }
    guard error.code == 401 || error.kind == .tls, let certificates, await certificates.renew(after: used ?? 0) else {
      return false
    }
    logger.notice("certificates have been renewed, and were read again", metadata: ["error": "\(error)"])
    return true
  }

  private func exchange(_ call: Call, _ deadline: ContinuousClock.Instant) async throws -> Data {
    let response = try await open(call, through: calls, deadline)
    do {
      let body = try await response.body.collect(upTo: configuration.maximumResponseBytes)
      guard 200..<300 ~= response.status.code else { throw refusal(call, response, Data(body.readableBytesView)) }
      return Data(body.readableBytesView)
    } catch is NIOTooManyBytesError {
      var error = KubernetesError(
        kind: .decoding, call: call.description,
        message: "the answer is longer than \(configuration.maximumResponseBytes) bytes")
      error.isTooLong = true
      throw error
    } catch {
      throw try Self.typed(error, call)
    }
  }

  /// Sends a call and waits for the head of its answer.
  func open(
    _ call: Call, through http: HTTPClient, _ deadline: ContinuousClock.Instant
  ) async throws -> HTTPClientResponse {
    let request = try await request(for: call)
    let start = ContinuousClock.now
    do {
      let response = try await http.execute(request, deadline: .now() + TimeAmount(deadline - start), logger: logger)
      metrics.note(call.verb, code: Int(response.status.code), took: .now - start)
      return response
    } catch {
      metrics.note(call.verb, code: nil, took: .now - start)
      throw try Self.typed(error, call)
    }
  }

  func refusal(_ call: Call, _ response: HTTPClientResponse, _ body: Data) -> KubernetesError {
    let error = KubernetesError(
      call: call.description, code: Int(response.status.code), retryAfter: response.headers.first(name: "retry-after"),
      body: body)
    patience.note(error)
    return error
  }

  /// A failure as callers see it. A cancelled task sees its cancellation, however the client below words it.
  static func typed(_ error: any Error, _ call: Call) throws -> KubernetesError {
    if error is CancellationError || Task.isCancelled { throw CancellationError() }
    return KubernetesError(call: call.description, transport: error)
  }

  private func request(for call: Call) async throws -> HTTPClientRequest {
    var request = HTTPClientRequest(url: configuration.server + call.address + URLText.query(call.parameters))
    request.method = call.verb.method
    request.tlsConfiguration = await certificates?.renewed
    request.headers.add(name: "accept", value: "application/json")
    request.headers.add(name: "user-agent", value: configuration.userAgent)
    if let body = call.body {
      request.headers.add(name: "content-type", value: call.verb.contentType)
      request.body = .bytes(ByteBuffer(bytes: body))
    }
    if let token = try await token(for: call) { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    return request
  }

  private func token(for call: Call) async throws -> String? {
    if case .token(let token) = configuration.credential { return token }
    do {
      return try await tokenFile?.current()
    } catch {
      throw KubernetesError(kind: .unauthorized, call: call.description, message: "\(error)")
    }
  }
}

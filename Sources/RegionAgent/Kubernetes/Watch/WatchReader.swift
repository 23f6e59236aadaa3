import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Reads one watch.
///
/// `@unchecked Sendable`: an iterator, which is not Sendable, owns it, so calls never overlap; within a call the state
/// is handed to one child task and awaited before it is touched again.
final class WatchReader<Value: Decodable & Sendable>: @unchecked Sendable {
  private let client: KubernetesClient
  private let call: Call
  private let idleTimeout: Duration
  private var chunks: HTTPClientResponse.Body.AsyncIterator?
  private var splitter: LineSplitter
  private var lines: ArraySlice<[UInt8]> = []
  private var isOver = false
  private let decoder = JSONDecoder()

  init(client: KubernetesClient, call: Call, idleTimeout: Duration) {
    self.client = client
    self.call = call
    self.idleTimeout = idleTimeout
    splitter = LineSplitter(limit: client.configuration.maximumResponseBytes)
  }

  /// Connects and waits for the head of the answer.
  func open() async throws {
    guard chunks == nil, !isOver else { return }
    do {
      let limit = client.configuration.callTimeout
      try await client.heedPatience(for: call, until: .now + limit)
      let opened: Void? = try await before(.now + limit) { try await self.connect(until: .now + limit) }
      if opened == nil { throw KubernetesError.timeout(call.description, after: limit) }
    } catch {
      throw try end(with: error)
    }
  }

  /// The next change; nil once the server has ended the watch.
  func next() async throws -> WatchEvent<Value>? {
    try await open()
    do {
      while lines.isEmpty, !isOver { try await readChunk() }
      guard let line = lines.popFirst() else { return nil }
      return try decode(line)
    } catch {
      throw try end(with: error)
    }
  }

  private func connect(until deadline: ContinuousClock.Instant) async throws {
    let response: HTTPClientResponse
    let used = await client.certificates?.renewals
    do {
      response = try await accepted(until: deadline)
    } catch let error as KubernetesError {
      guard await client.renew(after: error, used: used) else { throw error }
      response = try await accepted(until: deadline)
    }
    chunks = response.body.makeAsyncIterator()
  }

  private func accepted(until deadline: ContinuousClock.Instant) async throws -> HTTPClientResponse {
    let response = try await client.open(call, through: client.watches, deadline)
    guard response.status.code == 200 else {
      let body = try await response.body.collect(upTo: 1 << 20)
      throw client.refusal(call, response, Data(body.readableBytesView))
    }
    return response
  }

  private func readChunk() async throws {
    let chunk = try await before(.now + idleTimeout) { try await self.nextChunk() }
    guard let chunk else {
      throw KubernetesError(
        kind: .timeout, call: call.description, message: "the watch was silent for \(idleTimeout)")
    }
    switch chunk {
    case .bytes(let bytes): lines += try splitter.split(bytes.readableBytesView)
    case .end: isOver = true
    }
  }

  private enum Chunk: Sendable {
    case bytes(ByteBuffer)
    case end
  }

  private func nextChunk() async throws -> Chunk {
    try await chunks?.next().map { .bytes($0) } ?? .end
  }

  private func decode(_ line: [UInt8]) throws -> WatchEvent<Value> {
    do {
      return try decoder.decode(WatchEvent<Value>.self, from: Data(line))
    } catch {
      throw KubernetesError.decoding(call.description, error)
    }
  }

  /// Lets go of the connection; the failure as callers see it.
  private func end(with error: any Error) throws -> KubernetesError {
    isOver = true
    chunks = nil
    lines = []
    if let error = error as? LineSplitter.TooLong {
      return KubernetesError(
        kind: .decoding, call: call.description, message: "a line is longer than \(error.limit) bytes")
    }
    return try KubernetesClient.typed(error, call)
  }
}

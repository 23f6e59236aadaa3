import Foundation
import Glibc
import Logging
import Testing

@testable import Telemetry

struct JSONLogHandlerTests {
  @Test func `the statement's metadata wins over the provider's, and that over the logger's`() throws {
    let file = try LineFile()
    let provider = Logger.MetadataProvider { ["a": "provider", "b": "provider"] }
    var logger = Logger(label: "l") { label in
      JSONLogHandler(
        label: label, level: .debug, output: file.output, metadataProvider: provider, clock: ManualClock().clock)
    }
    logger[metadataKey: "a"] = "logger"
    logger[metadataKey: "c"] = "logger"
    #expect(logger[metadataKey: "c"] == "logger")
    logger.debug("m", metadata: ["b": "statement"])
    logger.trace("below the level")
    let objects = try file.objects()
    #expect(objects.count == 1)
    #expect(objects.first?["a"] == "provider")
    #expect(objects.first?["b"] == "statement")
    #expect(objects.first?["c"] == "logger")
    #expect(objects.first?["timestamp"] == "2026-11-23T23:28:41.000Z")
    #expect(objects.first?["source"] == "TelemetryTests")
  }

  @Test func `the current trace is in the line, and gone afterwards`() throws {
    let file = try LineFile()
    let logger = Logger(label: "l") { JSONLogHandler(label: $0, level: .info, output: file.output) }
    let trace = try #require(TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"))
    trace.withCurrent { logger.info("inside") }
    logger.info("outside")
    let objects = try file.objects()
    #expect(objects.map { $0["trace_id"] } == ["4bf92f3577b34da6a3ce929d0e0e4736", nil])
    #expect(objects.map { $0["span_id"] } == ["00f067aa0ba902b7", nil])
  }

  @Test func `sixteen tasks log, and no line is lost`() async throws {
    let file = try LineFile()
    await withTaskGroup { group in
      for task in 0..<16 {
        group.addTask {
          let logger = Logger(label: "t\(task)") { JSONLogHandler(label: $0, level: .info, output: file.output) }
          for number in 0..<100 { logger.info("é", metadata: ["n": "\(number)"]) }
        }
      }
    }
    let objects = try file.objects()
    #expect(objects.count == 1600)
    #expect(Set(objects.map { "\($0["logger"] ?? "") \($0["n"] ?? "")" }).count == 1600)
  }

  @Test func `lines cut by a full pipe are not mixed`() async throws {
    let pipe = Pipe()
    #expect(fcntl(pipe.fileHandleForWriting.fileDescriptor, F_SETFL, O_NONBLOCK) == 0)
    let output = LogOutput(descriptor: pipe.fileHandleForWriting.fileDescriptor)
    let (finishes, finished) = AsyncStream.makeStream(of: Void.self)
    async let received = Self.readToEnd(pipe.fileHandleForReading)
    // Threads, not tasks: the cooperative pool may be one thread wide.
    let writers = (UInt8(0)..<16).map { writer in
      Thread {
        // Larger than the pipe, so that every line is cut.
        let line = [UInt8](repeating: UInt8(ascii: "a") + writer, count: 200_000) + [UInt8(ascii: "\n")]
        for _ in 0..<10 { output.write(line) }
        finished.yield()
      }
    }
    for writer in writers { writer.start() }
    for await _ in finishes.prefix(writers.count) {}
    try pipe.fileHandleForWriting.close()
    let lines = await received.split(separator: UInt8(ascii: "\n"))
    #expect(lines.count == 160)
    #expect(lines.allSatisfy { line in line.count == 200_000 && Set(line).count == 1 })
  }

  @Test func `a line is one write`() throws {
    // Each write to a datagram socket is a message of its own.
    var sockets: [Int32] = [0, 0]
    #expect(socketpair(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0, &sockets) == 0)
    defer { for socket in sockets { close(socket) } }
    let logger = Logger(label: "l") { [descriptor = sockets[0]] in
      JSONLogHandler(label: $0, level: .info, output: LogOutput(descriptor: descriptor))
    }
    logger.info("first", metadata: ["key": "value"])
    logger.info("second")
    var buffer = [UInt8](repeating: 0, count: 4096)
    for message in ["first", "second"] {
      let count = recv(sockets[1], &buffer, buffer.count, Int32(MSG_DONTWAIT))
      let received = text(Array(buffer[..<max(0, count)]))
      #expect(received.contains("\"message\":\"\(message)\""))
      #expect(received.hasSuffix("}\n"))
    }
    #expect(recv(sockets[1], &buffer, buffer.count, Int32(MSG_DONTWAIT)) == -1)
  }

  @Test func `a descriptor that refuses is counted, not fatal`() {
    let output = LogOutput(descriptor: -1)
    output.write([1])
    output.write([2])
    #expect(output.linesLost == 2)
  }

  @Test func `a full non-blocking pipe delays the line and does not cut it`() async throws {
    let pipe = Pipe()
    let descriptor = pipe.fileHandleForWriting.fileDescriptor
    #expect(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
    let output = LogOutput(descriptor: descriptor)
    let line = [UInt8](repeating: 0x61, count: 300_000)  // a pipe holds 65 536
    DispatchQueue.global().async {
      output.write(line)
      try? pipe.fileHandleForWriting.close()
    }
    #expect(await Self.readToEnd(pipe.fileHandleForReading).count == 300_000)
    #expect(output.linesLost == 0)
  }

  /// Blocks a thread of its own, not one of the cooperative pool.
  private static func readToEnd(_ handle: FileHandle) async -> Data {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: handle.readDataToEndOfFile()) }
    }
  }
}

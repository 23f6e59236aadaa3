import Testing

@testable import TestSupport

struct FreePortTests {
  @Test func `a port that is found is given to nobody else, by the kernel or by us, before its server has it`() throws {
    let ports = try (0..<50).map { _ in try FreePort.find() }
    #expect(Set(ports).count == ports.count)
    // On a machine that gives nearly all ports away there are no others.
    guard FreePort.firstOfKernel > 20_000 else { return }
    let highest = try #require(ports.max())
    #expect(highest < Int(FreePort.firstOfKernel))
  }

  @Test func `where the kernel gives nearly all ports away none is found twice either`() throws {
    let ports = try (0..<1000).map { _ in try FreePort.find(below: 1024) }
    #expect(Set(ports).count == ports.count)
  }
}

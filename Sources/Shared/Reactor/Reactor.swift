internal import CLinux
@preconcurrency internal import Glibc
internal import NIOConcurrencyHelpers

/// One thread that waits for readiness of C libraries' descriptors (libpq, librdkafka) and rings the bell of
/// whoever owns them.
///
/// Descriptors are registered once, edge-triggered, for reading and writing. The thread runs no callbacks of
/// the libraries and holds no lock while it rings, so that it can not be blocked by what it wakes.
public final class Reactor: Sendable {
  /// The process-wide reactor. Its thread lives as long as the process.
  public static let shared = Reactor()

  /// A descriptor's registration; hand it back to ``Reactor/deregister(_:)``, best before the descriptor is closed.
  public struct Registration: Sendable, Hashable {
    let id: UInt64
    let descriptor: Int32
  }

  /// A pending ring; see ``Reactor/ring(_:at:)``.
  public struct Alarm: Sendable, Hashable {
    let id: UInt64
    let deadline: ContinuousClock.Instant
  }

  private struct State {
    var nextID: UInt64 = 1
    var bells: [UInt64: Bell] = [:]
    /// Whose each descriptor is: a number that was closed may mean another one by now.
    var owners: [Int32: UInt64] = [:]
    var alarms = AlarmQueue()
  }

  private let state = NIOLockedValueBox(State())
  private let epoll: Int32
  private let wakeup: Int32

  private init() {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    precondition(epoll >= 0 && wakeup >= 0, "no descriptors left for the reactor: raise `ulimit -n`")
    var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data(u64: 0))
    precondition(epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, &event) == 0, "epoll refused an eventfd")
    startThread()
  }

  /// Rings `bell` on each edge of readiness (input, output, hang-up, error) of `descriptor`.
  ///
  /// - Throws: ``ReactorError`` when the kernel refuses the descriptor.
  public func register(_ descriptor: Int32, bell: Bell) throws -> Registration {
    let interest = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    let registration: Result<Registration, ReactorError> = state.withLockedValue { state in
      let id = state.nextID
      state.nextID += 1
      // The bell is known before the first edge; both under the lock, so that nobody's end comes between.
      state.bells[id] = bell
      var event = epoll_event(events: interest, data: epoll_data(u64: id))
      guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
        let code = errno
        state.bells[id] = nil
        return .failure(ReactorError(descriptor: descriptor, errno: code))
      }
      state.owners[descriptor] = id
      return .success(Registration(id: id, descriptor: descriptor))
    }
    return try registration.get()
  }

  /// Stops watching. Harmless when called twice, or after the descriptor was closed.
  ///
  /// libpq closes its socket by itself when the server goes away, and the system gives the number to the next who asks:
  /// that one stays watched.
  public func deregister(_ registration: Registration) {
    state.withLockedValue { state in
      state.bells[registration.id] = nil
      guard state.owners[registration.descriptor] == registration.id else { return }
      state.owners[registration.descriptor] = nil
      var event = epoll_event()
      _ = epoll_ctl(epoll, EPOLL_CTL_DEL, registration.descriptor, &event)
    }
  }

  /// Rings `bell` once at `deadline`, unless cancelled before.
  public func ring(_ bell: Bell, at deadline: ContinuousClock.Instant) -> Alarm {
    let (alarm, isEarliest) = state.withLockedValue { state in
      let alarm = Alarm(id: state.nextID, deadline: deadline)
      state.nextID += 1
      return (alarm, state.alarms.insert(alarm, bell: bell))
    }
    if isEarliest { wake() }
    return alarm
  }

  /// Takes back a ring that has not happened yet.
  public func cancel(_ alarm: Alarm) {
    state.withLockedValue { $0.alarms.remove(alarm) }
  }

  private func wake() {
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  private func startThread() {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(self).toOpaque()
    let status = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Reactor>.fromOpaque(context).takeUnretainedValue().loop()
        return nil
      }, context)
    precondition(status == 0, "no thread left for the reactor")
    pthread_detach(thread)
  }

  private func loop() {
    let capacity = 128
    let events = UnsafeMutablePointer<epoll_event>.allocate(capacity: capacity)
    while true {
      let timeout = state.withLockedValue { $0.alarms.millisecondsToNext(from: .now) }
      let count = epoll_wait(epoll, events, Int32(capacity), timeout)
      var ringing: [Bell] = []
      for index in 0..<max(0, Int(count)) {
        let id = events[index].data.u64
        if id == 0 {
          var value: UInt64 = 0
          _ = read(wakeup, &value, 8)
        } else if let bell = state.withLockedValue({ $0.bells[id] }) {
          ringing.append(bell)
        }
      }
      ringing += state.withLockedValue { $0.alarms.takeDue(at: .now) }
      for bell in ringing { bell.ring() }
    }
  }
}

/// The kernel's refusal to watch a descriptor.
public struct ReactorError: Error, CustomStringConvertible {
  /// The descriptor at fault.
  public let descriptor: Int32
  /// The system's error number.
  public let errno: Int32

  /// What happened, in the system's words.
  public var description: String {
    "descriptor \(descriptor) can not be watched: \(String(cString: strerror(errno)))"
  }
}

/// What a producer knows: its phase, the messages without a report and the sends that wait for room. It decides;
/// the producer acts.
struct ProducerState {
  enum Phase: Equatable {
    /// Made, nobody drains reports yet.
    case idle
    case running
    /// Takes nothing more; `flushes` tells whether what it holds should still be delivered.
    case closing(until: ContinuousClock.Instant, flushes: Bool)
    case closed
  }

  typealias Ticket = Promise<KafkaDelivery>
  typealias Room = Promise<Void>

  private(set) var phase = Phase.idle
  private(set) var fatalError: KafkaError?
  /// Grows with each batch of reports, after the library's own count went down: a send that found the queue full
  /// before that looks again instead of waiting.
  private(set) var reportGeneration: UInt64 = 0
  private var handle: KafkaHandle?
  private var nextID: UInt = 1
  private var tickets: [UInt: Ticket] = [:]
  private var roomWaiters: [Room] = []

  init(handle: KafkaHandle) {
    self.handle = handle
  }

  var outstanding: Int { tickets.count }

  /// The handle, as long as new work is welcome.
  func openHandle() throws(KafkaError) -> KafkaHandle {
    if let fatalError { throw fatalError }
    switch phase {
    case .idle, .running:
      if let handle { return handle }
      throw .closed("producer")
    case .closing, .closed: throw .closed("producer")
    }
  }

  /// The handle for what closing itself needs.
  var handleWhileItLasts: KafkaHandle? { handle }

  mutating func start() throws(KafkaError) {
    switch phase {
    case .idle: phase = .running
    case .running: throw KafkaError(.busy, "run() is already under way")
    case .closing, .closed: throw .closed("producer")
    }
  }

  /// Asks for the end. True when the caller has to see to it itself, because `run()` is not there to.
  mutating func beginClosing(until deadline: ContinuousClock.Instant, flushes: Bool) -> Bool {
    switch phase {
    case .idle:
      phase = .closing(until: deadline, flushes: flushes)
      return true
    case .running:
      phase = .closing(until: deadline, flushes: flushes)
      return false
    case .closing(let earlier, let flushed):
      // The most impatient of those who ask wins.
      phase = .closing(until: min(earlier, deadline), flushes: flushed && flushes)
      return false
    case .closed:
      return false
    }
  }

  mutating func noteFatal(_ error: KafkaError) {
    if fatalError == nil { fatalError = error }
  }

  /// Registers a message that is about to be given to the library.
  mutating func issue(_ ticket: Ticket) -> UInt {
    defer { nextID += 1 }
    tickets[nextID] = ticket
    return nextID
  }

  /// Takes back a message that the library did not take, or whose report came.
  mutating func redeem(_ id: UInt) -> Ticket? {
    tickets.removeValue(forKey: id)
  }

  /// Queues a send that found no room, unless reports came in since `generation` or the end has begun.
  mutating func awaitRoom(_ room: Room, since generation: UInt64) -> Bool {
    guard generation == reportGeneration, !tickets.isEmpty, phase == .idle || phase == .running else { return false }
    roomWaiters.append(room)
    return true
  }

  /// The waiting sends that may try again after `count` reports. All of them when nothing is left to report, as
  /// nothing would wake them later.
  mutating func admit(after count: Int) -> [Room] {
    reportGeneration += 1
    let admitted = tickets.isEmpty ? roomWaiters.count : min(count, roomWaiters.count)
    defer { roomWaiters.removeFirst(admitted) }
    return Array(roomWaiters.prefix(admitted))
  }

  /// One more waiting send, for one that made no use of its turn.
  mutating func admitAnother() -> Room? {
    roomWaiters.isEmpty ? nil : roomWaiters.removeFirst()
  }

  /// All sends that wait for room.
  mutating func dismissWaiters() -> [Room] {
    defer { roomWaiters = [] }
    return roomWaiters
  }

  /// All messages without a report, given up.
  mutating func abandonTickets() -> [Ticket] {
    defer { tickets = [:] }
    return Array(tickets.values)
  }

  /// Lets go of the handle and returns what opens once the library's client is destroyed.
  mutating func releaseHandle() -> Latch? {
    defer { handle = nil }
    return handle?.destroyed
  }

  mutating func finish() { phase = .closed }
}

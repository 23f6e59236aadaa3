import Contract
import Events
import Foundation
import Metrics
import Model
import NIOConcurrencyHelpers
import NIOCore
import Placement
import Store

/// Answers to queries that are asked again while nothing has changed, as a console does whenever it draws itself anew.
///
/// An answer is a function of what was asked and of the world, and both are in what it is kept under: every byte of
/// the body, what kind of text it is, the parameters, the language and who asks; and the state of this instance's
/// memory, of which any change at all makes what was kept worthless. What changes with time alone is the moment that is
/// told, which is written anew, and which derogations are in effect, for which an answer has an end.
final class AnswerMemory: Sendable {
  /// All that is asked.
  struct Question: Hashable, Sendable {
    var body: ByteBuffer
    var isJSON: Bool
    var parameters: String
    var language: Language
    var principal: String
  }

  private struct Answer {
    /// What comes after the moment.
    var rest: ByteBuffer
    /// From this moment on another answer may be right.
    var end: Date?
  }

  /// What is kept of one state of the world.
  private struct Answers {
    var generation = 0
    var all: [Question: Answer] = [:]
    var size = 0
  }

  private struct State {
    var answers = Answers()
    /// The hash values of what was asked lately, whatever the world was then; and of what was before that.
    var asked: Set<Int> = []
    var askedBefore: Set<Int> = []

    /// Whether something was asked before; from now on it was.
    mutating func ask(_ question: Int) -> Bool {
      guard !asked.contains(question) else { return true }
      if asked.count == AnswerMemory.mostAsked { (askedBefore, asked) = (asked, []) }
      asked.insert(question)
      return askedBefore.contains(question)
    }
  }

  /// So many questions are remembered to have been asked, twice.
  static let mostAsked = 4096

  /// So many bytes are kept; then all are forgotten, and those in use come back.
  private let most: Int
  private let state = NIOLockedValueBox(State())
  private let known = Counter(label: "regie.query.answers", dimensions: [("from", "memory")])
  private let made = Counter(label: "regie.query.answers", dimensions: [("from", "engine")])

  init(most: Int = 16 << 20) {
    self.most = most
  }

  /// The answer that was given to the same question in the same state, as it would be given now; nil where there is
  /// none.
  ///
  /// - Parameter moment: What memory is now; nil where answers are not made from it.
  func answer(to question: Question, at moment: MemoryMoment?) -> ByteBuffer? {
    let rest = moment.flatMap { moment in
      state.withLockedValue { state -> ByteBuffer? in
        let answers = state.answers
        guard answers.generation == moment.generation, let answer = answers.all[question] else { return nil }
        return answer.end.map { moment.asOf.date < $0 } ?? true ? answer.rest : nil
      }
    }
    guard let moment, let rest else {
      made.increment()
      return nil
    }
    known.increment()
    let beginning = Self.beginning(at: moment.asOf)
    var bytes = ByteBufferAllocator().buffer(capacity: beginning.count + rest.readableBytes)
    bytes.writeBytes(beginning)
    bytes.writeImmutableBuffer(rest)
    return bytes
  }

  /// Keeps an answer that was made of a state of memory, from the second time on that it is asked for: who asks on every
  /// keystroke asks something else each time, and fills memory with what nobody asks again.
  func keep(_ bytes: ByteBuffer, to question: Question, of basis: PlacementBasis) {
    guard let generation = basis.generation else { return }
    let hash = question.hashValue
    guard state.withLockedValue({ $0.ask(hash) }) else { return }
    var rest = bytes
    rest.moveReaderIndex(forwardBy: Self.beginning(at: basis.asOf).count)
    // A buffer of its own: what came over the network may be part of a larger one.
    var question = question
    question.body = ByteBuffer(bytes: question.body.readableBytesView)
    let kept = question
    let size = kept.body.readableBytes + kept.parameters.utf8.count + rest.readableBytes + 256
    guard size <= most else { return }
    let answer = Answer(rest: rest, end: Self.end(of: basis))
    // What is dropped is let go of outside of the lock: it may be much.
    let dropped = state.withLockedValue { state -> Answers? in
      guard generation >= state.answers.generation else { return nil }
      var old: Answers?
      if generation > state.answers.generation || state.answers.size + size > most {
        old = state.answers
        state.answers = Answers(generation: generation)
      }
      if state.answers.all.updateValue(answer, forKey: kept) == nil { state.answers.size += size }
      return old
    }
    _ = consume dropped
  }

  /// How many answers are kept, their size in bytes, and how many questions are remembered to have been asked.
  var held: (answers: Int, bytes: Int, asked: Int) {
    state.withLockedValue { ($0.answers.all.count, $0.answers.size, $0.asked.count + $0.askedBefore.count) }
  }

  /// What differs from one moment to the next.
  private static func beginning(at moment: Timestamp) -> [UInt8] {
    JSONBytes.written { QueryWriter.begin(at: moment, &$0) }
  }

  /// When the next of the project's derogations is notified: from then on the engine takes it into account.
  private static func end(of basis: PlacementBasis) -> Date? {
    basis.request.derogations.compactMap(\.spec.notifiedAt).filter { $0 > basis.request.now }.min()
  }
}

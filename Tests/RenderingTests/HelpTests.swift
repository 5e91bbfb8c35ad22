import Builtins
import Interpreter
import Lessons
import Diagnostics
import Rendering
import Session
import Testing

@Suite struct HelpTests {
  @Test(arguments: HelpText.topics) func everyTopicHasAPage(_ topic: String) throws {
    guard !["pi", "inf", "nan"].contains(topic) else { return }
    let page = try HelpText.page(topic, Style()).get()
    #expect(page.count > 20)
    #expect(!page.contains("error["))
  }

  @Test(arguments: Builtin.all.filter { !$0.example.isEmpty }.map(\.name))
  func examplesRun(_ name: String) throws {
    let builtin = try #require(Builtin.named(name))
    let outcome = Session().run(builtin.example) { _ in }
    #expect(outcome.errors.map(\.headline) == [])
  }

  /// Each word of the field is there once, in a few sentences; the lesson that it names speaks of it.
  @Test func theGlossaryHolds() throws {
    let words = GlossaryWord.all
    #expect(words.count >= 60)
    let names = words.flatMap { [$0.name] + $0.others }
    #expect(Set(names).count == names.count)
    for word in words {
      #expect(word.text.hasSuffix(".") && word.text.count < 260, "\(word.name)")
      guard word.lesson > 0 else { continue }
      let lesson = try #require(Lesson.all.first { $0.number == word.lesson })
      let text = lesson.text.lowercased().replacing("\n# ", with: " ")
      #expect(([word.name] + word.others).contains { text.contains($0) }, "\(word.name)")
    }
  }

  @Test(arguments: [
    ("what is a bias", "bias"), ("What is the learning rate?", "learning rate"),
    ("what does overfitting mean", "overfitting"), ("why shuffle", "shuffle"),
    ("a neuron", nil), ("what is love", nil),
  ])
  func questionsFindTheirWord(_ question: String, _ word: String?) {
    #expect(GlossaryWord.asked(question)?.name == word)
  }
}

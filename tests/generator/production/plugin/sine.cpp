// A VST3 instrument as small as one can be, for the tests: a cosine per note that begins and ends at once, LATE samples late
// (and says so). Key 1 aborts, key 2 hangs, key 3 reads address zero, key 4 answers with no numbers.
// The interfaces are those that VST 3 hosts ask for; each class below is one table of functions in their order.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

constexpr int OK = 0, NO = 1, NO_INTERFACE = -1, NOT_IMPLEMENTED = 4;
constexpr int VOICES = 32, LATE = 37;
using Id = unsigned char[16];

#define BYTES(x) (unsigned char)((x) >> 24), (unsigned char)((x) >> 16), (unsigned char)((x) >> 8), (unsigned char)(x)
#define ID(name, a, b, c, d) const unsigned char name[16] = {BYTES(a##u), BYTES(b##u), BYTES(c##u), BYTES(d##u)}
ID(UNKNOWN, 0x00000000, 0x00000000, 0xC0000000, 0x00000046);
ID(PLUGIN_BASE, 0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
ID(FACTORY, 0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
ID(FACTORY2, 0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB);
ID(COMPONENT, 0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
ID(PROCESSOR, 0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
ID(CONTROLLER, 0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
ID(THIS, 0x486F7573, 0x6562616E, 0x64546573, 0x7453696E);

bool same(const void* a, const unsigned char* b) { return std::memcmp(a, b, 16) == 0; }

struct Unknown {
  virtual int32_t query(const void* iid, void** out) = 0;
  virtual uint32_t add() = 0;
  virtual uint32_t drop() = 0;
};
struct Base : Unknown {
  virtual int32_t initialize(Unknown*) = 0;
  virtual int32_t terminate() = 0;
};
struct BusInfo { int32_t media, direction, channels; int16_t name[128]; int32_t type; uint32_t flags; };
struct Component : Base {
  virtual int32_t controllerClass(unsigned char*) = 0;
  virtual int32_t setIoMode(int32_t) = 0;
  virtual int32_t busCount(int32_t media, int32_t direction) = 0;
  virtual int32_t busInfo(int32_t media, int32_t direction, int32_t index, BusInfo*) = 0;
  virtual int32_t routing(void*, void*) = 0;
  virtual int32_t activateBus(int32_t, int32_t, int32_t, uint8_t) = 0;
  virtual int32_t setActive(uint8_t) = 0;
  virtual int32_t setState(Unknown*) = 0;
  virtual int32_t getState(Unknown*) = 0;
};
struct Event {
  int32_t bus, offset; double quarters; uint16_t flags, type;
  union { struct { int16_t channel, pitch; float tuning, velocity; int32_t length, id; } on; struct { int16_t channel, pitch; float velocity; int32_t id; float tuning; } off; uint64_t room[3]; };
};
struct Events : Unknown {
  virtual int32_t count() = 0;
  virtual int32_t get(int32_t, Event*) = 0;
  virtual int32_t put(Event*) = 0;
};
struct Bus { int32_t channels; uint64_t silent; float** samples; };
struct Data { int32_t mode, size, frames, inputs, outputs; Bus* in; Bus* out; Unknown* parametersIn; Unknown* parametersOut; Events* events; Events* eventsOut; void* context; };
struct Setup { int32_t mode, size, most; double rate; };
struct Processor : Unknown {
  virtual int32_t setArrangements(uint64_t*, int32_t, uint64_t*, int32_t) = 0;
  virtual int32_t arrangement(int32_t, int32_t, uint64_t*) = 0;
  virtual int32_t canProcess(int32_t) = 0;
  virtual uint32_t latency() = 0;
  virtual int32_t setup(Setup*) = 0;
  virtual int32_t setProcessing(uint8_t) = 0;
  virtual int32_t process(Data*) = 0;
  virtual uint32_t tail() = 0;
};
struct Controller : Base {
  virtual int32_t setComponentState(Unknown*) = 0;
  virtual int32_t setState(Unknown*) = 0;
  virtual int32_t getState(Unknown*) = 0;
  virtual int32_t parameters() = 0;
  virtual int32_t parameter(int32_t, void*) = 0;
  virtual int32_t text(uint32_t, double, int16_t*) = 0;
  virtual int32_t value(uint32_t, int16_t*, double*) = 0;
  virtual double plain(uint32_t, double v) = 0;
  virtual double normal(uint32_t, double v) = 0;
  virtual double get(uint32_t) = 0;
  virtual int32_t set(uint32_t, double) = 0;
  virtual int32_t setHandler(Unknown*) = 0;
  virtual void* view(const char*) = 0;
};

struct Voice { int key = -1; double phase = 0, step = 0, level = 0; };

struct Sine final : Component, Processor, Controller {
  uint32_t references = 1;
  double rate = 48000;
  Voice voices[VOICES];
  float late[LATE] = {};
  int place = 0;

  int32_t query(const void* iid, void** out) override {
    if (same(iid, UNKNOWN) || same(iid, COMPONENT) || same(iid, PLUGIN_BASE)) *out = static_cast<Component*>(this);
    else if (same(iid, PROCESSOR)) *out = static_cast<Processor*>(this);
    else if (same(iid, CONTROLLER)) *out = static_cast<Controller*>(this);
    else { *out = nullptr; return NO_INTERFACE; }
    ++references;
    return OK;
  }
  uint32_t add() override { return ++references; }
  uint32_t drop() override { uint32_t left = --references; if (!left) delete this; return left; }
  int32_t initialize(Unknown*) override { return OK; }
  int32_t terminate() override { return OK; }

  int32_t controllerClass(unsigned char* id) override { std::memcpy(id, THIS, 16); return OK; }
  int32_t setIoMode(int32_t) override { return OK; }
  int32_t busCount(int32_t media, int32_t direction) override { return media == 0 ? direction == 1 : direction == 0; }
  int32_t busInfo(int32_t media, int32_t direction, int32_t index, BusInfo* info) override {
    if (index || !busCount(media, direction)) return 2;
    std::memset(info, 0, sizeof *info);
    info->media = media; info->direction = direction; info->channels = media == 0 ? 2 : 16; info->flags = 1; info->name[0] = 'a';
    return OK;
  }
  int32_t routing(void*, void*) override { return NOT_IMPLEMENTED; }
  int32_t activateBus(int32_t, int32_t, int32_t, uint8_t) override { return OK; }
  int32_t setActive(uint8_t on) override {
    if (on) { for (auto& voice : voices) voice = Voice(); std::memset(late, 0, sizeof late); place = 0; }
    return OK;
  }
  int32_t setState(Unknown*) override { return OK; }
  int32_t getState(Unknown*) override { return OK; }

  int32_t setArrangements(uint64_t*, int32_t inputs, uint64_t* outputs, int32_t count) override { return inputs == 0 && count == 1 && outputs[0] == 3 ? OK : NO; }
  int32_t arrangement(int32_t direction, int32_t index, uint64_t* speakers) override { if (direction != 1 || index) return 2; *speakers = 3; return OK; }
  int32_t canProcess(int32_t size) override { return size == 0 ? OK : NO; }
  uint32_t latency() override { return LATE; }
  int32_t setup(Setup* setup) override { rate = setup->rate; return OK; }
  int32_t setProcessing(uint8_t) override { return OK; }
  uint32_t tail() override { return 0; }

  void start(int key, double velocity) {
    if (key == 1) std::abort();
    volatile bool hangs = key == 2;
    while (hangs) {}
    if (key == 3) *reinterpret_cast<volatile int*>(0) = 1;
    for (auto& voice : voices)
      if (voice.key < 0) { voice = {key, 0.0, 2 * M_PI * 440.0 * std::exp2((key - 69) / 12.0) / rate, key == 4 ? NAN : 0.3 * velocity}; return; }
  }
  void stop(int key) { for (auto& voice : voices) if (voice.key == key) voice.key = -1; }

  int32_t process(Data* data) override {
    if (!data->outputs || data->out[0].channels < 2) return OK;
    int32_t count = data->events ? data->events->count() : 0, next = 0;
    for (int32_t n = 0; n < data->frames; ++n) {
      Event event;
      while (next < count && data->events->get(next, &event) == OK && event.offset <= n) {
        if (event.type == 0 && event.on.velocity > 0) start(event.on.pitch, event.on.velocity);
        else if (event.type <= 1) stop(event.type ? event.off.pitch : event.on.pitch);
        ++next;
      }
      double sum = 0;
      for (auto& voice : voices) if (voice.key >= 0) { sum += voice.level * std::cos(voice.phase); voice.phase += voice.step; }
      float out = late[place];
      late[place] = static_cast<float>(sum);
      place = (place + 1) % LATE;
      data->out[0].samples[0][n] = data->out[0].samples[1][n] = out;
    }
    return OK;
  }

  int32_t setComponentState(Unknown*) override { return OK; }
  int32_t parameters() override { return 0; }
  int32_t parameter(int32_t, void*) override { return 2; }
  int32_t text(uint32_t, double, int16_t*) override { return NO; }
  int32_t value(uint32_t, int16_t*, double*) override { return NO; }
  double plain(uint32_t, double v) override { return v; }
  double normal(uint32_t, double v) override { return v; }
  double get(uint32_t) override { return 0; }
  int32_t set(uint32_t, double) override { return OK; }
  int32_t setHandler(Unknown*) override { return OK; }
  void* view(const char*) override { return nullptr; }
};

struct FactoryInfo { char vendor[64], url[256], mail[128]; int32_t flags; };
struct ClassInfo { unsigned char id[16]; int32_t instances; char category[32], name[64]; };
struct ClassInfo2 { ClassInfo one; uint32_t flags; char kinds[128], vendor[64], version[64], sdk[64]; };

struct Factory final : Unknown {
  int32_t query(const void* iid, void** out) override {
    bool known = same(iid, UNKNOWN) || same(iid, FACTORY) || same(iid, FACTORY2);
    *out = known ? this : nullptr;
    return known ? OK : NO_INTERFACE;
  }
  uint32_t add() override { return 1; }
  uint32_t drop() override { return 1; }
  virtual int32_t info(FactoryInfo* info) { std::memset(info, 0, sizeof *info); std::strcpy(info->vendor, "Houseband tests"); info->flags = 16; return OK; }
  virtual int32_t count() { return 1; }
  virtual int32_t classInfo(int32_t, ClassInfo* info) {
    std::memset(info, 0, sizeof *info);
    std::memcpy(info->id, THIS, 16);
    info->instances = 0x7FFFFFFF;
    std::strcpy(info->category, "Audio Module Class");
    std::strcpy(info->name, "Sine");
    return OK;
  }
  virtual int32_t create(const void* id, const void* iid, void** out) {
    if (!same(id, THIS)) { *out = nullptr; return NO; }
    auto* made = new Sine;
    int32_t result = made->query(iid, out);
    made->drop();
    return result;
  }
  virtual int32_t classInfo2(int32_t index, ClassInfo2* info) {
    std::memset(info, 0, sizeof *info);
    classInfo(index, &info->one);
    std::strcpy(info->kinds, "Instrument|Synth");
    std::strcpy(info->vendor, "Houseband tests");
    std::strcpy(info->version, "1.0.0");
    std::strcpy(info->sdk, "VST 3.7");
    return OK;
  }
};
Factory factory;

}  // namespace

extern "C" {
__attribute__((visibility("default"))) bool ModuleEntry(void*) { return true; }
__attribute__((visibility("default"))) bool ModuleExit() { return true; }
__attribute__((visibility("default"))) void* GetPluginFactory() { return &factory; }
}

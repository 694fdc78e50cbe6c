"""Names that no package above has, or has only in a script without vowels: common names, listed by us.

Language -> male, female, unisex, last, and optionally last_male and last_female: blank-separated names,
or `native=Latin` pairs.
"""

OWN = {
    # Albanian: Albania and Kosovo.
    "sq": {
        "male": """Agim Agron Albert Alban Altin Andi Arben Ardian Ardit Arian Armend Arlind Arsim Artan Astrit Avni Bashkim
            Bekim Besim Besnik Blendi Blerim Bujar Burim Dardan Diar Driton Edmond Edon Eduard Endrit Enis Enver Erion
            Ermal Ermir Faruk Fatmir Fatos Fisnik Flamur Florian Gazmend Gent Genc Gezim Granit Hekuran Ilir Isuf Jeton
            Jetmir Kastriot Kledi Klodian Krenar Kujtim Lavdrim Leart Leonard Liridon Luan Lulzim Mentor Mergim Naim
            Nderim Olsi Orges Petrit Qemal Rinor Rron Sami Shkelzen Shpend Shpetim Skender Sokol Taulant Trim Urim Valdrin
            Valon Veton Visar Xhevat Yll Zef""",
        "female": """Adelina Afërdita Agnesa Albana Albina Alma Anila Ardita Arta Aurora Besa Besarta Blerina Blerta Bora
            Brikena Dafina Dea Diellza Drita Dorina Edona Egzona Elira Elona Elsa Elvira Eni Erblina Ereza Ermira Erza
            Fatime Fatmira Fjolla Flutura Gentiana Greta Hana Ilda Ilira Jehona Jeta Jonida Kaltrina Klea Laureta Lea
            Leonora Lindita Liridona Lirije Luljeta Majlinda Manjola Merita Mimoza Mirela Mirjeta Mirlinda Nora Njomza
            Ornela Pranvera Rina Rita Rozafa Rrezarta Sara Shpresa Shqipe Teuta Trëndafile Valbona Valmira Vjollca
            Vjosa Vlora Yllka Zana Zamira""",
        "last": """Ahmeti Alia Aliu Avdiu Bajrami Bajraktari Balliu Basha Begolli Beqiri Berisha Bislimi Brahimi Bregu
            Brahimaj Bytyqi Cela Dauti Dema Demiri Dervishi Dibra Doda Duka Elezi Fejzullahu Ferizi Gashi Gjergji Gjoka Gjoni Hajdari
            Halili Haliti Hamiti Hasani Haxhiu Hoti Hoxha Hyseni Ibrahimi Imeri Islami Ismaili Jashari Kabashi Kadriu
            Kastrati Kelmendi Koci Kola Kosumi Krasniqi Kryeziu Lala Latifi Leka Limani Lleshi Maliqi Maloku Marku Mehmeti
            Meta Morina Mucaj Murati Musliu Mustafa Nika Osmani Pacolli Pasha Pepa Përmeti Plaku Prela Preniqi Qosja
            Rama Ramadani Ramaj Rexhepi Rugova Sadiku Salihu Selimi Shala Shehu Shkreli Sinani Spahiu Statovci Syla
            Tahiri Thaçi Toska Uka Vata Veliu Xhafa Xhaferi Ymeri Zeka Zeneli Zogu""",
    },
    # Serbian in Latin letters: Serbia, Montenegro and the Serbs of Bosnia.
    "sr": {
        "male": """Aleksa Aleksandar Aleksej Andrej Andrija Bogdan Boban Bojan Boris Borko Boško Branimir Branislav Branko
            Damjan Danilo Darko David Dejan Dimitrije Dragan Dragoljub Dragoslav Dušan Đorđe Đura Filip Goran Gordan
            Gradimir Igor Ilija Ivan Jakov Jovan Jugoslav Kosta Lazar Ljubiša Ljubomir Luka Marko Matija Mihajlo Mihailo
            Milan Mile Milenko Milivoje Miljan Milorad Miloš Milovan Miodrag Mirko Miroslav Mitar Mladen Momčilo Nebojša Nemanja
            Nenad Nikola Novak Obrad Ognjen Pavle Petar Predrag Radomir Radoslav Radovan Ranko Ratko Relja Saša Sava
            Simo Sinan Slavko Slobodan Spasoje Srđan Stefan Stevan Strahinja Tihomir Todor Tomislav Uroš Vasilije Velimir
            Veljko Viktor Vladan Vladimir Vojislav Vuk Vukašin Zdravko Zlatan Zoran Željko Živko Žarko""",
        "female": """Aleksandra Ana Anastasija Andrea Andrijana Anđela Anka Anđelka Biljana Bojana Bosiljka Branislava Branka Danica Danijela
            Desanka Divna Dragana Dragica Dubravka Dunja Dušica Dušanka Đurđina Emilija Gordana Iva Ivana Iskra Jasmina Jasna
            Jelena Jelica Jovana Katarina Kristina Ksenija Lana Lena Lidija Ljiljana Ljubica Magdalena Maja Mara Marija
            Marijana Marina Marta Mila Milana Milanka Milena Milica Milijana Miljana Mina Mira Mirjana Mirka Nada Nadežda Natalija Nataša
            Nevena Nikolina Nina Olga Olivera Petra Radmila Ružica Sanja Sara Senka Simona Slađana Slavica Smilja Snežana
            Sofija Sonja Stana Stanislava Stefana Suzana Svetlana Tamara Tanja Tara Tatjana Teodora Tijana Una Valentina
            Vanja Vera Verica Vesna Višnja Vojislava Vukosava Zorana Zorica Željka""",
        "last": """Aleksić Anđelković Antić Antonijević Arsić Babić Bajić Bogdanović Bogićević Božić Božović Branković
            Bulatović Cvetković Ćirić Ćosić Dimić Dimitrijević Đokić Đorđević Đukanović Đukić Đurić Đurović Filipović Gajić
            Gavrilović Golubović Grujić Ilić Ivanović Ivić Ivković Jakovljević Janković Jevtić Jokić Jovanović Jović Jovičić
            Kostić Knežević Kovačević Krstić Lazarević Lazić Lazović Lukić Ljubojević Maksimović Maletić Manojlović Marinković
            Marjanović Marković Martinović Matić Mihajlović Mijatović Mijailović Milenković Milić Miličević Milinković Milojević
            Milošević Milovanović Milutinović Mirković Mitić Mitrović Mladenović Nedeljković Nešić Nikolić Novaković Obradović
            Ostojić Pantić Pavlović Perić Petković Petrović Popović Radić Radojević Radovanović Radosavljević Radulović Rakić Ranković
            Ristić Sekulić Simić Simonović Spasić Stamenković Stanić Stanišić Stanković Stanojević Stefanović Stevanović Stojanović Stojković
            Šarić Tadić Tasić Terzić Todorović Tomić Trajković Vasić Vasiljević Veljković Vidaković Vujić Vujović Vukadinović Vuković
            Vuksanović Vučković Zdravković Zečević Živanović Živković""",
    },
    # Bosniak names: Bosnia and Herzegovina.
    "bs": {
        "male": """Adem Adis Admir Adnan Ahmed Ajdin Alen Almir Amar Amel Amer Anes Armin Asim Avdo Benjamin Damir Dino Dženan Džemal
            Edin Edis Eldar Eldin Elvir Emin Emir Enes Ermin Esad Fahrudin Faris Fikret Hamza Haris Harun Hasan Husein Ibrahim
            Irfan Ismet Izet Jasmin Kemal Kenan Mahir Mehmed Mensur Mirsad Mirza Muamer Muhamed Mustafa Nedim Nermin Nihad Omer
            Osman Ramiz Rasim Refik Salih Samir Sead Selim Senad Suad Sulejman Tarik Vedad Zijad""",
        "female": """Adela Adisa Adna Aida Aiša Ajla Alma Almina Alisa Amela Amina Amra Anela Arijana Armina Asja Azra Belma Berina Dalila
            Dženana Edina Edita Elma Elvira Emina Ena Esma Fatima Hana Hasna Ilma Indira Iman Irma Jasmina Lamija Larisa
            Lejla Maida Melisa Merima Merjem Mersiha Minela Mirela Mirsada Munira Naida Nejra Nermina Raza Sabina Samira Samra
            Sanela Sara Selma Sena Senada Šejla Vahida Zehra Zerina Zlata""",
        "last": """Ahmetović Alić Aljić Avdić Bašić Bećirović Begić Begović Čaušević Čengić Ćatić Delić Dizdarević Džafić Ferhatović Fazlić
            Hadžić Hadžihasanović Halilović Hamzić Hasanović Hodžić Hrustić Husić Ibrahimović Imamović Isić Islamović Jahić Jusić Kadić
            Karić Kovačević Kurtović Mahmutović Mehić Mehmedović Memić Mešić Muhić Mujić Mujanović Mujkić Mulić Muratović Musić
            Mustafić Nuhanović Omerović Omanović Osmanović Pašić Ramić Redžić Salihović Selimović Smajić Smajlović Softić Spahić
            Suljić Šabić Šehić Talić Tahirović Topalović Tufekčić Zukić""",
    },
    # Belarusian, in the spelling of passports.
    "be": {
        "male": """Aliaksandr Aliaksei Anatol Andrei Anton Artsiom Barys Dzianis Dzmitry Eduard Fiodar Frantsishak Heorhi
            Hleb Hryhory Ihar Illia Ivan Kanstantsin Kastus Kiryl Kuzma Leanid Maksim Matsvei Mihail Mikalai Mikita Mikhas
            Pavel Piotr Raman Ruslan Siarhei Stanislau Stsiapan Tsimafei Tsimur Uladzimir Uladzislau Vadzim Valery
            Vasil Viachaslau Viktar Vital Yahor Yan Yarmaloi Yauhen Yury Zakhar Zmitser""",
        "female": """Aksana Aksinnia Ala Alena Alesia Aliaksandra Alina Alisa Anastasiya Anhelina Anna Antanina Darya Dziyana
            Elvira Ema Halina Hanna Hrazhyna Ina Iryna Ivanna Kamila Karalina Karyna Katsiaryna Khrystsina Ksenia Kira Larysa Lidziya Lizaveta
            Liudmila Marharyta Marya Maryna Maya Nadzeya Natallia Nina Palina Raisa Sabina Safiya Sniazhana
            Sviatlana Tamara Tatsiana Ulyana Valeryia Valiantsina Varvara Vera Veranika Viktoryia Volha Yana Yauheniya
            Yelizaveta Yuliya Zinaida Zlata Zoya""",
        "last": """Adamovich Azarenka Babrouka Bahdanovich Baranouski Bialiauski Bondar Bykau Charniak Dashkevich
            Dubrouka Dziamidau Dzmitryieu Hancharou Harbachou Herasimovich Hryshkevich Ivanou Kachan Kalesnik Kanavalau
            Karaleu Karatkevich Karpovich Kavalchuk Kavaleu Kazlou Kisialiou Klimovich Kolas Kupala Krauchanka Kruk Kulik Kupreichyk Kuzmich Lapko Liauchuk
            Lukashevich Makarevich Marozau Martsinkevich Matsiushonak Mikhalevich Mironchyk Navitski Panamarenka Papou Pashkevich Petrovich Piatrou
            Pinchuk Radkevich Ramanchuk Ramanouski Rudak Sakalou Sauchanka Savitski Shauchenka Shauchuk Siarheichyk Sidarenka Sidarovich Smirnou Stankevich
            Tarasevich Tsimashenka Tsishkevich Urbanovich Vaitsekhovich Varabei Vasileuski Viarbitski Yakimovich Yanukovich Yarashevich
            Yermakou Zaitsau Zhdanovich Zhuk Zhukouski Zubrytski""",
    },
    # Bulgarian, surnames in male and female forms: the lists of Faker are full of jokes.
    "bg": {
        "male": """Александър=Aleksandar Андрей=Andrey Ангел=Angel Антон=Anton Асен=Asen Атанас=Atanas Богдан=Bogdan Богомил=Bogomil
            Божидар=Bozhidar Борис=Boris Борислав=Borislav Боян=Boyan Валентин=Valentin Валери=Valeri Васил=Vasil Величко=Velichko
            Венелин=Venelin Венцислав=Ventsislav Веселин=Veselin Виктор=Viktor Владимир=Vladimir Владислав=Vladislav Гаврил=Gavril Георги=Georgi
            Григор=Grigor Даниел=Daniel Даниил=Daniil Делян=Delyan Денис=Denis Деян=Deyan Димитър=Dimitar Димо=Dimo Добромир=Dobromir Драгомир=Dragomir
            Емил=Emil Живко=Zhivko Захари=Zahari Здравко=Zdravko Златан=Zlatan Ивайло=Ivaylo Иван=Ivan Иво=Ivo Илия=Iliya Йордан=Yordan Йосиф=Yosif
            Калин=Kalin Калоян=Kaloyan Камен=Kamen Кирил=Kiril Константин=Konstantin Костадин=Kostadin Красен=Krasen Красимир=Krasimir Кристиян=Kristiyan
            Крум=Krum Лазар=Lazar Любен=Lyuben Любомир=Lyubomir Людмил=Lyudmil Манол=Manol Марин=Marin Мартин=Martin Методи=Metodi Милен=Milen
            Мирослав=Miroslav Михаил=Mihail Момчил=Momchil Найден=Nayden Недялко=Nedyalko Никола=Nikola Николай=Nikolay Огнян=Ognyan Орлин=Orlin Павел=Pavel Пенчо=Pencho
            Петко=Petko Петър=Petar Пламен=Plamen Преслав=Preslav Радослав=Radoslav Радостин=Radostin Румен=Rumen Росен=Rosen Самуил=Samuil Свилен=Svilen
            Светослав=Svetoslav Симеон=Simeon Славчо=Slavcho Спас=Spas Станимир=Stanimir Станислав=Stanislav Стефан=Stefan Стоян=Stoyan Стефчо=Stefcho Теодор=Teodor Тихомир=Tihomir
            Тодор=Todor Траян=Trayan Филип=Filip Християн=Hristiyan Христо=Hristo Цветан=Tsvetan Цветомир=Tsvetomir Чавдар=Chavdar Явор=Yavor Яни=Yani Ясен=Yasen""",
        "female": """Александра=Aleksandra Албена=Albena Ана=Ana Анелия=Aneliya Анета=Aneta Анна=Anna Антоанета=Antoaneta Антония=Antoniya Ася=Asya Богдана=Bogdana
            Биляна=Bilyana Боряна=Boryana Божидара=Bozhidara Валентина=Valentina Валерия=Valeriya Ваня=Vanya Вера=Vera Веселина=Veselina Весела=Vesela Виктория=Viktoria Виолета=Violeta
            Габриела=Gabriela Галина=Galina Галя=Galya Гергана=Gergana Даниела=Daniela Дария=Dariya Деница=Denitsa Десислава=Desislava Диана=Diana Димитрина=Dimitrina Донка=Donka
            Ева=Eva Евгения=Evgeniya Екатерина=Ekaterina Елена=Elena Елица=Elitsa Елисавета=Elisaveta Емилия=Emiliya Жана=Zhana Живка=Zhivka Златка=Zlatka Зорница=Zornitsa
            Ива=Iva Иванка=Ivanka Ивелина=Ivelina Илиана=Iliana Ирина=Irina Искра=Iskra Йоана=Yoana Йорданка=Yordanka Калина=Kalina Камелия=Kameliya Катерина=Katerina Катя=Katya Красимира=Krasimira
            Кремена=Kremena Кристина=Kristina Лидия=Lidiya Лилия=Liliya Лиляна=Lilyana Любка=Lyubka Любомира=Lyubomira Людмила=Lyudmila Магдалена=Magdalena Мая=Maya Маргарита=Margarita
            Мариана=Mariana Мария=Maria Марина=Marina Марияна=Mariyana Милена=Milena Мила=Mila Мирела=Mirela Михаела=Mihaela Моника=Monika Надежда=Nadezhda Нели=Neli Невена=Nevena Николета=Nikoleta Нина=Nina Нона=Nona Паулина=Paulina
            Павлина=Pavlina Пенка=Penka Петя=Petya Поля=Polya Рада=Rada Радка=Radka Радостина=Radostina Ралица=Ralitsa Роза=Roza Росица=Rositsa Румяна=Rumyana
            Светла=Svetla Светлана=Svetlana Силвия=Silviya Симона=Simona Славка=Slavka Снежана=Snezhana София=Sofia Соня=Sonya Станислава=Stanislava Стефка=Stefka Стефани=Stefani Стоянка=Stoyanka Таня=Tanya Татяна=Tatyana Теодора=Teodora
            Теменужка=Temenuzhka Тодорка=Todorka Цветелина=Tsvetelina Цветана=Tsvetana Христина=Hristina Юлия=Yulia Яна=Yana""",
        "last_male": """Alexandrov Andonov Andreev Angelov Antonov Apostolov Asenov Atanasov Bogdanov Bonev Borisov Boyadzhiev Boyanov Boychev Dimitrov Dimov
            Dinev Dobrev Donchev Draganov Enchev Filipov Ganchev Ganev Genchev Genov Georgiev Gospodinov Hristov Hadzhiev
            Iliev Ivanov Ivanchev Kalchev Kamenov Karadzhov Kirilov Kirov Kolev Konstantinov Kostadinov Kostov Krastev Kunchev Lazarov Lyubenov Malinov Manolov Marinov Markov
            Metodiev Mihaylov Mihov Minchev Mitev Mladenov Naydenov Nedelchev Nedyalkov Nenov Nikolov Ognyanov Panayotov Pavlov Penchev
            Penev Petkov Petrov Popov Radev Radoslavov Rangelov Rusev Savov Simeonov Slavov Sotirov Spasov Stanchev Stanev Stefanov Stoev Stoichkov
            Stoyanov Tanev Tashev Todorov Todev Tonev Trifonov Tsankov Tsanev Tsonev Tsvetanov Tsvetkov Valchev Vasilev Velikov Velchev Vladimirov Yanev Yankov Yordanov Yosifov
            Zahariev Zhelev Zhivkov Zlatev""",
        "last_female": """Alexandrova Andonova Andreeva Angelova Antonova Apostolova Asenova Atanasova Bogdanova Boneva Borisova Boyadzhieva Boyanova
            Boycheva Dimitrova Dimova Dineva Dobreva Doncheva Draganova Encheva Filipova Gancheva Ganeva Gencheva Genova Georgieva Gospodinova
            Hristova Hadzhieva Ilieva Ivanova Ivancheva Kalcheva Kamenova Karadzhova Kirilova Kirova Koleva Konstantinova Kostadinova Kostova Krasteva Kuncheva Lazarova
            Lyubenova Malinova Manolova Marinova Markova Metodieva Mihaylova Mihova Mincheva Miteva Mladenova Naydenova Nedelcheva
            Nedyalkova Nenova Nikolova Ognyanova Panayotova Pavlova Pencheva Peneva Petkova Petrova Popova Radeva Radoslavova Rangelova
            Ruseva Savova Simeonova Slavova Sotirova Spasova Stancheva Staneva Stefanova Stoeva Stoichkova Stoyanova Taneva Tasheva Todorova Todeva
            Toneva Trifonova Tsankova Tsaneva Tsoneva Tsvetanova Tsvetkova Valcheva Vasileva Velikova Velcheva Vladimirova Yaneva Yankova Yordanova Yosifova Zaharieva Zheleva
            Zhivkova Zlateva""",
    },
    # Vietnamese, beside the few of Faker.
    "vi": {
        "male": """Bình Chiến Chương Công Cường Danh Đạt Đông Đức Dũng Duy Giang Hiếu Hiển Hòa Hoàng Hùng Hưng Huy Khải Khang Khánh Khoa
            Khôi Kiên Kiệt Lập Lộc Lợi Long Luân Lực Mạnh Minh Nam Nghĩa Nguyên Nhân Phát Phong Phú Phúc Phước Quân Quang Quốc Quyết Quý Sơn
            Sang Tài Tấn Thái Thắng Thành Thiện Thịnh Thọ Thông Thuận Tiến Tín Toàn Trí Trọng Trung Trường Tú Tuấn Tùng Tường Việt Vinh Vũ Vương""",
        "female": """Ánh Bích Châu Chi Cúc Diệp Diễm Dung Duyên Đào Giang Hà Hằng Hiền Hoa Hoài Hồng Huệ Hương Huyền Khuê Lan Lệ Liên Liễu Linh Loan Ly Mai
            My Mỹ Na Nga Ngân Nguyệt Nhàn Nhi Nhung Như Ngọc Oanh Phượng Quyên Quỳnh Sương Tâm Thảo Thanh Thơ Thơm Thoa Thu Thúy Thùy Thủy Thư Thương Tiên
            Trâm Trang Trinh Trúc Tú Tuyết Uyên Vân Vi Vy Xuân Yến""",
        "unisex": "An Anh Bảo Hải Hạnh Khánh Kim Lâm Nhật Ninh Phương Tâm Thanh Thiên Thi Xuân",
        "last": """Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn Nguyễn
            Trần Trần Trần Trần Trần Lê Lê Lê Lê Phạm Phạm Phạm Huỳnh Huỳnh Hoàng Hoàng Phan Phan Vũ Vũ Võ Võ Đặng Đặng Bùi Bùi Đỗ Hồ Ngô Dương Lý An Cao Châu Chu
            Đàm Đào Diệp Đinh Đoàn Đồng Giang Hà Hứa Khổng Kiều Kim La Lâm Lạc Lưu Lương Mạc Mai Nghiêm Nông Ông Phùng Quách Quan Tạ Tăng Thạch Thái
            Tiêu Tô Tôn Tống Triệu Trịnh Trương Từ Văn Vi Viên Vương""",
    },
    # Lithuanian surnames, male and female (of unmarried women) forms.
    "lt": {
        "last_male": """Adomaitis Balčiūnas Baranauskas Bernotas Bartkus Butkus Černiauskas Dambrauskas Gudaitis Jakštas Jankauskas Janušauskas Kairys
            Kaminskas Kaupas Kavaliauskas Kazlauskas Kučinskas Lapinskas Laurinaitis Leonavičius Lukošius Malinauskas Marcinkevičius Matulis Mažeika
            Mickevičius Mikalauskas Morkūnas Navickas Norkus Norvaiša Paulauskas Petrauskas Pocius Ramanauskas Rimkus Rutkauskas Sabonis
            Sakalauskas Savickas Šimkus Sinkevičius Stankevičius Stonkus Survila Tamošiūnas Urbonas Vaitkus Valančiūnas Vasiliauskas Venckus Vilkas Zabiela Žemaitis
            Žilinskas Žukauskas""",
        "last_female": """Adomaitytė Balčiūnaitė Baranauskaitė Bernotaitė Bartkutė Butkutė Černiauskaitė Dambrauskaitė Gudaitytė Jakštaitė
            Jankauskaitė Janušauskaitė Kairytė Kaminskaitė Kaupaitė Kavaliauskaitė Kazlauskaitė Kučinskaitė Lapinskaitė Laurinaitytė
            Leonavičiūtė Lukošiūtė Malinauskaitė Marcinkevičiūtė Matulytė Mažeikaitė Mickevičiūtė Mikalauskaitė Morkūnaitė Navickaitė Norkutė
            Norvaišaitė Paulauskaitė Petrauskaitė Pociūtė Ramanauskaitė Rimkutė Rutkauskaitė Sabonytė Sakalauskaitė Savickaitė Šimkutė Sinkevičiūtė
            Stankevičiūtė Stonkutė Survilaitė Tamošiūnaitė Urbonaitė Vaitkutė Valančiūnaitė Vasiliauskaitė Venckutė Vilkaitė Zabielaitė Žemaitytė
            Žilinskaitė Žukauskaitė""",
    },
    # Romanian surnames, beside the few of Faker.
    "ro": {
        "last": """Achim Albu Alexandrescu Andrei Anghel Antonescu Apostol Avram Bădescu Bălan Balan Barbu Boboc Bogdan Botezatu Bratu Bucur Câmpeanu Călin
            Ceban Cebotari Chirilă Ciobanu Ciocan Ciubotaru Cojocaru Coman Constantin Constantinescu Cosma Costin Covaci Crăciun Cristea Croitoru David Dănilă Diaconu
            Dima Dinu Dobre Dragomir Drăgan Dumitrescu Dumitru Ene Enache Eftimie Filip Florea Gheorghe Gheorghiu Georgescu Grigore Grosu Groza Iacob Ichim Iliescu
            Ionescu Ion Ioniță Iordache Ispas Ivan Lazăr Lungu Lupu Luca Manea Manole Marian Marin Marinescu Matei Mazilu Mihai Mihăilescu Miron
            Mocanu Moldovan Moldoveanu Moraru Munteanu Mureșan Neagu Neacșu Negru Nica Nicolae Niculescu Nistor Nițu Oancea Olaru Olteanu
            Oprea Păun Pană Petrescu Pintea Pop Popa Popescu Popovici Preda Puiu Radu Rădulescu Rotaru Roșca Roșu Rusu Sandu Sava Savu Sârbu Șerban Simion
            Stan Stanciu Stoian Stoica Ștefan Suciu Tănase Toma Tudor Tudose Turcan Ungureanu Ursu Vasile Vasilescu Vieru Vlad Voicu Voinea Zaharia""",
    },
    # Hebrew: the native form and its usual spelling. Weights of Faker, where it knows the native form.
    "he": {
        "male": """אברהם=Avraham אביב=Aviv אביאל=Aviel אבינועם=Avinoam אביעד=Aviad אבישי=Avishai אביתר=Evyatar אביחי=Avihai אדיר=Adir אדם=Adam אדר=Adar
            אהרון=Aharon אוהד=Ohad אופיר=Ofir אופק=Ofek אור=Or אוראל=Orel אורון=Oron אורי=Uri אוריאל=Uriel אוריה=Uriah אורן=Oren אושר=Osher אושרי=Oshri
            איל=Eyal אייל=Eyal אילן=Ilan אילון=Eilon אימרי=Imri איתי=Itai איתיאל=Itiel איתמר=Itamar איתן=Eitan אלדר=Eldar אלון=Alon אלחנן=Elhanan
            אליאב=Eliav אליאור=Elior אליה=Eliya אליהו=Eliyahu אלימלך=Elimelech אליעזר=Eliezer אלירן=Eliran אלישע=Elisha אלכס=Alex אלכסנדר=Alexander אלמוג=Almog
            אלעד=Elad אלעזר=Elazar אלקנה=Elkana אלרועי=Elroi אמיר=Amir אמיתי=Amitai אמרי=Imri אסף=Asaf אפרים=Efraim אראל=Erel ארבל=Arbel ארד=Arad ארז=Erez
            ארי=Ari אריאל=Ariel אריה=Aryeh אשר=Asher בועז=Boaz בן=Ben בנימין=Binyamin בניה=Benaya בצלאל=Bezalel בר=Bar ברוך=Baruch ברק=Barak גבריאל=Gavriel
            גור=Gur גיא=Guy גיל=Gil גילי=Gili גל=Gal גלעד=Gilad גפן=Gefen דביר=Dvir דב=Dov דוד=David דולב=Dolev דור=Dor דורון=Doron דין=Din דן=Dan דניאל=Daniel
            דרור=Dror הדר=Hadar הלל=Hillel הראל=Harel זאב=Zeev זוהר=Zohar זיו=Ziv חגי=Hagai חיים=Haim חנוך=Hanoch טוביה=Tuvia טל=Tal יאיר=Yair ידידיה=Yedidya
            יהב=Yahav יהודה=Yehuda יהונתן=Yehonatan יהושע=Yehoshua יהלי=Yahli יואב=Yoav יואל=Yoel יובל=Yuval יוחאי=Yohai יוחנן=Yohanan יונתן=Yonatan יוסף=Yosef
            יותם=Yotam יחזקאל=Yehezkel יחיאל=Yehiel ינון=Yinon יניב=Yaniv ינאי=Yanai יעקב=Yaakov יפתח=Yiftach יצחק=Yitzhak יקיר=Yakir ירדן=Yarden ירין=Yarin ישי=Yishai
            ישעיה=Yeshaya ישראל=Israel יששכר=Issachar כפיר=Kfir כרמל=Carmel לאון=Leon לביא=Lavi לוי=Levi ליאו=Leo ליאור=Lior ליאל=Liel ליאם=Liam לידור=Lidor
            ליעד=Liad לירון=Liron לירן=Liran מאור=Maor מאיר=Meir מיכאל=Michael מלאכי=Malachi מנחם=Menachem מרדכי=Mordechai משה=Moshe מתן=Matan מתנאל=Matanel
            נבו=Nevo נדב=Nadav נהוראי=Nehorai נועם=Noam נח=Noah נחמן=Nachman נטע=Neta ניב=Niv ניל=Neil ניסים=Nissim ניצן=Nitzan ניר=Nir ניתאי=Nitai נפתלי=Naftali נריה=Neria
            נתן=Natan נתנאל=Netanel סהר=Sahar סער=Saar עברי=Ivri עדי=Adi עדיאל=Adiel עדן=Eden עובדיה=Ovadia עוז=Oz עומר=Omer עומרי=Omri עופר=Ofer עידו=Ido עידן=Idan עילאי=Ilai
            עמית=Amit עמנואל=Emanuel עמיחי=Amichai עקיבא=Akiva ערן=Eran פלג=Peleg פנחס=Pinchas צבי=Zvi צור=Tzur ראובן=Reuven ראם=Reem רביד=Ravid רואי=Roi רועי=Roi רום=Rom רון=Ron
            רוני=Roni רותם=Rotem רז=Raz רן=Ran רפאל=Rafael שאול=Shaul שגב=Segev שגיא=Sagi שוהם=Shoham שון=Sean שחר=Shahar שי=Shai שילה=Shilo שיר=Shir שלום=Shalom שלמה=Shlomo שמואל=Shmuel
            שמחה=Simcha שמעון=Shimon שקד=Shaked תבור=Tavor תום=Tom תומר=Tomer תמיר=Tamir""",
        "female": """אביב=Aviv אביגיל=Avigail אביה=Avia אביטל=Avital אבישג=Avishag אגם=Agam אדוה=Adva אדל=Adele אהובה=Ahuva אודיה=Odaya אודליה=Odelia אופל=Ofal אורה=Ora
            אורטל=Ortal אורלי=Orly אחינועם=Ahinoam איה=Aya איילה=Ayala איילת=Ayelet אילת=Eilat אלה=Ella אלומה=Aluma אלונה=Alona אליאנה=Eliana אלין=Elin אלינור=Elinor אליס=Alice אלישבע=Elisheva
            אלמה=Alma אמונה=Emuna אמילי=Emily אמיליה=Emilia אמה=Emma אן=Ann אנאל=Anael אנה=Anna אסנת=Osnat אסתר=Esther אפרת=Efrat ברכה=Bracha בת=Bat בתיה=Batya גאיה=Gaia גילה=Gila גלי=Gali גליה=Galia
            דבורה=Dvora דורין=Dorin דינה=Dina דנה=Dana דניאלה=Daniela דפנה=Dafna דריה=Daria הדס=Hadas הדסה=Hadassah הודיה=Hodaya הילה=Hila הילי=Hili הללי=Hallely זהבה=Zehava חגית=Hagit חוה=Hava חיה=Haya חן=Chen חנה=Hana
            טובה=Tova טלי=Tali טליה=Talia יהודית=Yehudit יוכבד=Yocheved יולי=Yuli ים=Yam יסכה=Yiska יסמין=Yasmin יעל=Yael יעלה=Yaela יערה=Yaara יפה=Yafa כנרת=Kineret לאה=Leah לי=Lee ליאה=Lia ליאורה=Liora ליאן=Lian
            ליבי=Libi ליה=Lia ליהי=Lihi ליהיא=Lihi ליטל=Lital לילי=Lili לין=Lin לינוי=Linoy לירז=Liraz לירי=Liri מאי=May מאיה=Maya מוריה=Moria מור=Mor מיטל=Meital מיכל=Michal מיכאלה=Michaela מילה=Mila מיקה=Mika
            מישל=Michelle מיתר=Meitar מלכה=Malka מנוחה=Menucha מרגלית=Margalit מריה=Maria מרים=Miriam נאוה=Nava נגה=Noga נוי=Noy נויה=Noya נועה=Noa נופר=Nofar נחמה=Nechama נטלי=Natalie נילי=Nili נינה=Nina ניקול=Nicole נעמה=Naama
            נעמי=Naomi סול=Sol סופי=Sophie סופיה=Sofia סיון=Sivan סימה=Sima ספיר=Sapir עדינה=Adina עטרה=Atara עטרת=Ateret עלמה=Alma ענבל=Inbal פנינה=Pnina פריידא=Freida צביה=Zvia צופיה=Tzofia ציפורה=Tzipora צפורה=Tzipora קארין=Karin קורל=Coral קים=Kim קרן=Keren
            רבקה=Rivka רוחמה=Ruhama רומי=Romi רונה=Rona רות=Ruth רחל=Rachel ריטה=Rita רינה=Rina רננה=Renana רעות=Reut שובל=Shuval שולמית=Shulamit שושנה=Shoshana שירה=Shira שירי=Shiri שלי=Shelly שני=Shani שפרה=Shifra שרה=Sara
            תבל=Tevel תהילה=Tehila תהל=Tahel תמר=Tamar תמרה=Tamara תפארת=Tiferet""",
        "last": """כהן=Cohen לוי=Levi מזרחי=Mizrahi פרץ=Peretz ביטון=Biton דהן=Dahan אברהם=Avraham פרידמן=Friedman מלכה=Malka אזולאי=Azoulay כץ=Katz יוסף=Yosef דוד=David עמר=Amar אוחיון=Ohayon חדד=Hadad גבאי=Gabay
            אדרי=Edri טל=Tal לוין=Levin שפירא=Shapira קליין=Klein חזן=Hazan משה=Moshe שרון=Sharon גולן=Golan ברק=Barak אשכנזי=Ashkenazi סגל=Segal הורוביץ=Horowitz גולדשטיין=Goldstein
            אביטל=Avital אביטן=Avitan אבני=Avni אברגל=Abergel אברמוביץ=Abramovich אדלר=Adler אהרון=Aharon אהרוני=Aharoni אוחנה=Ohana אור=Or אורן=Oren אטיאס=Atias אילוז=Iluz אלבז=Elbaz אלון=Alon אלוני=Aloni אלוש=Alush
            אליהו=Eliyahu אלימלך=Elimelech אלמוג=Almog אלמלח=Elmaleh אמסלם=Amsalem אנגל=Engel אסולין=Asulin אפשטיין=Epstein ארביב=Arbiv ארז=Erez ארליך=Ehrlich אשר=Asher בוזגלו=Buzaglo בכר=Bachar בלום=Blum בנימין=Binyamin בצלאל=Bezalel
            ברגר=Berger ברוך=Baruch ברזילי=Barzilai ברכה=Bracha ברמן=Berman ברנשטיין=Bernstein ברקוביץ=Berkovich גוטליב=Gottlieb גוטמן=Gutman גולדברג=Goldberg גולדמן=Goldman גולדנברג=Goldenberg גור=Gur גורדון=Gordon גורן=Goren גיל=Gil גל=Gal
            גליק=Glick גלעד=Gilad גמליאל=Gamliel גרוס=Gross גרוסמן=Grossman גרין=Green גרינברג=Greenberg דביר=Dvir דבש=Dvash דגן=Dagan דויטש=Deutsch דורון=Doron דיין=Dayan דמרי=Damari דניאל=Daniel דנינו=Danino דרור=Dror דרורי=Drori דרעי=Deri
            הדר=Hadar הופמן=Hoffman הורביץ=Horvitz הירש=Hirsch הלוי=Halevi הלל=Hillel הראל=Harel הרוש=Harush הררי=Harari וולף=Wolf וייס=Weiss וינברג=Weinberg וינר=Wiener ויצמן=Weizman וקנין=Vaknin זהבי=Zehavi זהר=Zohar זילברמן=Zilberman זינגר=Singer
            זכריה=Zecharia זמיר=Zamir חביב=Habib חיון=Hayun חיים=Haim חן=Chen חסון=Hasson טולדנו=Toledano טייב=Tayeb יהודה=Yehuda יונה=Yona יחזקאל=Yehezkel יעקב=Yaakov יפרח=Ifrah יפת=Yefet יצחק=Yitzhak ישראל=Israel ישראלי=Israeli כהנא=Kahana
            כחלון=Kahlon כספי=Caspi כרמי=Carmi לביא=Lavi לוגסי=Lugasi ליבוביץ=Leibovich ליברמן=Lieberman ליפשיץ=Lipshitz לנדאו=Landau לרנר=Lerner מאור=Maor מאיר=Meir מויאל=Moyal מור=Mor מושקוביץ=Moskovich מזור=Mazor מילר=Miller מימון=Maimon
            מלמד=Melamed ממן=Maman מנדל=Mendel מנחם=Menachem מרגלית=Margalit מרדכי=Mordechai מרציאנו=Marciano מרקוביץ=Markovich משיח=Mashiah נבון=Navon נגר=Nagar נוימן=Neumann נחום=Nahum נחמיאס=Nahmias ניסן=Nissan ניר=Nir נתן=Natan סבג=Sabag סבן=Saban
            סויסה=Suissa סופר=Sofer סלע=Sela ספיר=Sapir עובדיה=Ovadia עוז=Oz עמית=Amit עמרם=Amram פוגל=Vogel פולק=Pollak פוקס=Fuchs פורת=Porat פינטו=Pinto פינקלשטיין=Finkelstein פישמן=Fishman פישר=Fisher פלג=Peleg פלד=Peled פלדמן=Feldman
            פנחס=Pinchas פרנקל=Frenkel פריד=Fried צדוק=Zadok צור=Zur צמח=Zemach צרפתי=Tzarfati קדוש=Kadosh קוגן=Kogan קורן=Koren קליין=Klein קמחי=Kimchi קפלן=Kaplan קרמר=Kramer ראובן=Reuven רבינוביץ=Rabinovich רגב=Regev רובין=Rubin רוזן=Rosen
            רוזנברג=Rosenberg רוזנטל=Rosenthal רוזנפלד=Rosenfeld רוט=Roth רון=Ron רונן=Ronen רז=Raz רפאל=Rafael שביט=Shavit שגב=Segev שגיא=Sagi שוורץ=Schwartz שולמן=Shulman שושן=Shoshan שחר=Shahar שטיין=Stein שטיינברג=Steinberg שטרית=Shitrit
            שטרן=Stern שלום=Shalom שלמה=Shlomo שמואל=Shmuel שמיר=Shamir שמעון=Shimon שניידר=Schneider שפר=Shefer שקד=Shaked ששון=Sasson תמיר=Tamir""",
    },
    # Arabic in the spelling of the Gulf and the Levant.
    "ar": {
        "male": """محمد=Mohammed محمد=Mohammed محمد=Mohammed محمد=Mohammed أحمد=Ahmed أحمد=Ahmed أحمد=Ahmed عبدالله=Abdullah عبدالله=Abdullah عبدالرحمن=Abdulrahman عبدالعزيز=Abdulaziz علي=Ali علي=Ali خالد=Khalid خالد=Khalid
            فهد=Fahad فهد=Fahad سلطان=Sultan سعود=Saud فيصل=Faisal تركي=Turki بندر=Bandar نايف=Naif ماجد=Majed سعد=Saad سعيد=Saeed سالم=Salem ناصر=Nasser راشد=Rashid
            عمر=Omar عثمان=Othman إبراهيم=Ibrahim يوسف=Yousef يعقوب=Yaqoub إسماعيل=Ismail إسحاق=Ishaq موسى=Musa عيسى=Issa يحيى=Yahya زكريا=Zakaria داوود=Dawood سليمان=Sulaiman صالح=Saleh هود=Houd
            نوح=Nouh آدم=Adam أيوب=Ayoub يونس=Younis إلياس=Elias حسن=Hassan حسين=Hussein حمزة=Hamza جعفر=Jaafar عباس=Abbas طلال=Talal وليد=Waleed هشام=Hisham هاني=Hani
            هيثم=Haitham وائل=Wael ياسر=Yasser زياد=Ziad زيد=Zaid زين=Zain طارق=Tariq طلعت=Talaat عادل=Adel عامر=Amer عاصم=Assem عصام=Issam عماد=Imad
            علاء=Alaa أنس=Anas أيمن=Ayman أسامة=Osama أشرف=Ashraf أكرم=Akram أمجد=Amjad أمير=Amir أمين=Amin أنور=Anwar باسم=Bassem بدر=Badr بسام=Bassam بكر=Bakr بلال=Bilal
            تامر=Tamer جابر=Jaber جاسم=Jassim جلال=Jalal جمال=Jamal جميل=Jamil جهاد=Jihad حاتم=Hatem حازم=Hazem حافظ=Hafez حامد=Hamed حسام=Hossam حسني=Hosni حكيم=Hakim حمد=Hamad حمدان=Hamdan
            حمدي=Hamdi حمود=Hamoud حميد=Hamid حيدر=Haidar خلف=Khalaf خليفة=Khalifa خليل=Khalil خميس=Khamis رائد=Raed رامي=Rami رامز=Ramez رجب=Rajab رشاد=Rashad رشيد=Rasheed رضا=Rida رمزي=Ramzi رمضان=Ramadan
            رياض=Riyadh ريان=Rayan زاهر=Zaher زهير=Zuhair سامي=Sami سامر=Samer سامح=Sameh سيف=Saif سفيان=Sufyan سلمان=Salman سليم=Saleem سمير=Samir شادي=Shadi شريف=Sharif شهاب=Shihab
            صابر=Saber صادق=Sadiq صبحي=Sobhi صبري=Sabri صخر=Sakhr صقر=Saqr صلاح=Salah ضياء=Diaa ظافر=Dhafer عدنان=Adnan عزام=Azzam عزيز=Aziz عقيل=Aqeel عمار=Ammar عمران=Imran عمرو=Amr غازي=Ghazi
            غالب=Ghaleb غانم=Ghanem غسان=Ghassan فؤاد=Fouad فادي=Fadi فارس=Fares فاروق=Farouk فاضل=Fadel فراس=Firas فرج=Faraj فرحان=Farhan فضل=Fadl فوزي=Fawzi فواز=Fawaz قاسم=Qassem قصي=Qusai
            قيس=Qais كامل=Kamel كريم=Karim كمال=Kamal كنان=Kinan لؤي=Luay ليث=Laith مازن=Mazen مالك=Malik ماهر=Maher مبارك=Mubarak مجدي=Majdi مجاهد=Mujahid محسن=Mohsen محمود=Mahmoud مختار=Mukhtar مراد=Murad
            مروان=Marwan مساعد=Musaed مشاري=Mishari مشعل=Mishaal مصطفى=Mustafa مصعب=Musab معاذ=Muath معتز=Mutaz ممدوح=Mamdouh منذر=Munther منصور=Mansour منير=Munir مهدي=Mahdi مهند=Muhannad مؤيد=Muayyad
            نادر=Nader نبيل=Nabil نجيب=Najib نديم=Nadim نزار=Nizar نضال=Nidal نعمان=Numan نواف=Nawaf هادي=Hadi هاشم=Hashem هلال=Hilal همام=Hammam وسام=Wissam وسيم=Wassim يزيد=Yazeed يزن=Yazan""",
        "female": """فاطمة=Fatima فاطمة=Fatima فاطمة=Fatima مريم=Maryam مريم=Maryam نورة=Noura نورة=Noura سارة=Sara سارة=Sara عائشة=Aisha عائشة=Aisha خديجة=Khadija زينب=Zainab نور=Nour هند=Hind هدى=Huda أسماء=Asma آية=Aya آلاء=Alaa
            أمل=Amal أماني=Amani أميرة=Amira أمينة=Amina أحلام=Ahlam أروى=Arwa أريج=Areej أسيل=Aseel أفنان=Afnan أنوار=Anwar إيمان=Iman إسراء=Israa ابتسام=Ibtisam بتول=Batool بدور=Budoor بسمة=Basma بشرى=Bushra بلقيس=Balqis
            تالا=Tala تهاني=Tahani ثريا=Thuraya جميلة=Jamila جنى=Jana جواهر=Jawaher جود=Joud حنان=Hanan حصة=Hessa حلا=Hala حليمة=Halima حياة=Hayat خلود=Khuloud دانة=Dana دانية=Dania دلال=Dalal دعاء=Duaa دينا=Dina ديمة=Deema
            رانيا=Rania راوية=Rawia رباب=Rabab ربى=Ruba رحاب=Rehab رزان=Razan رغد=Raghad رنا=Rana رهف=Rahaf روان=Rawan ريم=Reem ريما=Reema ريناد=Renad زهراء=Zahra زهرة=Zahra زكية=Zakia سحر=Sahar سعاد=Suad سلمى=Salma سلوى=Salwa
            سماح=Samah سمر=Samar سميرة=Samira سناء=Sanaa سهى=Suha سهام=Siham سوسن=Sawsan شروق=Shurooq شهد=Shahad شيماء=Shaimaa شيخة=Sheikha صفية=Safia صفاء=Safaa ضحى=Duha عالية=Alia عبير=Abeer عفاف=Afaf علياء=Alya عهود=Ohoud
            غادة=Ghada غيداء=Ghaida فاتن=Faten فدوى=Fadwa فرح=Farah فريدة=Farida فوزية=Fawzia كوثر=Kawthar لبنى=Lubna لطيفة=Latifa لمى=Lama لمياء=Lamia لينا=Lina ليلى=Layla ليان=Layan لولوة=Lulwa مها=Maha مشاعل=Mashael منى=Muna منال=Manal منيرة=Munira
            موضي=Moudi مي=Mai ميساء=Maysa ميسون=Maysoon نادية=Nadia ناهد=Nahed نجلاء=Najla نجوى=Najwa ندى=Nada نسرين=Nisreen نهى=Nuha نوال=Nawal نوف=Nouf هاجر=Hajar هالة=Hala هبة=Heba هناء=Hana هنادي=Hanadi هيا=Haya هيفاء=Haifa وجدان=Wijdan
            وداد=Widad وعد=Waad وفاء=Wafa ولاء=Walaa ياسمين=Yasmin يارا=Yara يسرى=Yusra""",
        "last": """العتيبي=Alotaibi القحطاني=Alqahtani الغامدي=Alghamdi الزهراني=Alzahrani الحربي=Alharbi الشمري=Alshammari المطيري=Almutairi الدوسري=Aldosari العنزي=Alanazi الشهري=Alshehri السبيعي=Alsubaie المالكي=Almalki
            البقمي=Albaqami الشهراني=Alshahrani اليامي=Alyami الرشيدي=Alrashidi الجهني=Aljohani البلوي=Albalawi العمري=Alamri الأحمدي=Alahmadi السلمي=Alsulami الثقفي=Althaqafi الخالدي=Alkhaldi العجمي=Alajmi الهاجري=Alhajri المري=Almarri
            النعيمي=Alnuaimi الكعبي=Alkaabi المنصوري=Almansoori الشامسي=Alshamsi المزروعي=Almazrouei الظاهري=Aldhaheri السويدي=Alsuwaidi الكتبي=Alketbi الفلاسي=Alfalasi الحمادي=Alhammadi المهيري=Almheiri الراشد=Alrashed العلي=Alali
            الصالح=Alsaleh الحسن=Alhassan الحسين=Alhussein الخطيب=Alkhatib النجار=Alnajjar الحداد=Alhaddad الخياط=Alkhayyat البغدادي=Albaghdadi الشامي=Alshami المصري=Almasri الحلبي=Alhalabi التميمي=Altamimi الأنصاري=Alansari القرشي=Alqurashi
            الهاشمي=Alhashimi الحسيني=Alhussaini الموسوي=Almousawi العلوي=Alalawi الجابر=Aljaber الصباح=Alsabah الخليفة=Alkhalifa السعدي=Alsaadi الأسدي=Alasadi الجبوري=Aljubouri الدليمي=Aldulaimi العبيدي=Alobaidi الربيعي=Alrubaie الزبيدي=Alzubaidi
            العامري=Alamiri البلوشي=Albalushi الحارثي=Alharthi السالمي=Alsalmi الرواحي=Alrawahi المعمري=Almaamari الشيخ=Alsheikh السيد=Alsayed الشريف=Alsharif القاضي=Alqadi العمودي=Alamoudi باوزير=Bawazir العطاس=Alattas السقاف=Alsaqqaf
            خوري=Khoury حداد=Haddad نجار=Najjar خطيب=Khatib منصور=Mansour سليمان=Sulaiman إبراهيم=Ibrahim يوسف=Yousef حسن=Hassan حسين=Hussein صالح=Saleh سالم=Salem ناصر=Nasser خليل=Khalil داوود=Dawood عيسى=Issa حمدان=Hamdan
            عثمان=Othman درويش=Darwish شاهين=Shaheen فارس=Fares رمضان=Ramadan عبدالله=Abdullah الحاج=Alhajj المغربي=Almaghribi الزعبي=Alzoubi الطراونة=Tarawneh العبادي=Alabbadi المجالي=Majali الفايز=Alfayez بركات=Barakat قاسم=Qassem""",
    },
    # Maghreb surnames and given names in the French spelling, beside those of Faker's fr_DZ: Morocco and Tunisia.
    "ma": {
        "male": """Abdellah Abdelhak Abdelhamid Abdelilah Abdeljalil Abdelkarim Abdelmajid Abdessamad Adil Ahmed Ali Amine Anas Aziz Ayoub Badr Brahim Driss El-Mehdi
            Fouad Hamza Hassan Hicham Houssam Ilias Imad Ismail Issam Jamal Jawad Karim Khalid Lahcen Mehdi Mohamed Mohammed Mostafa Mouad Mounir Nabil
            Noureddine Omar Othmane Oussama Rachid Reda Said Salah Samir Simo Soufiane Tarik Yahya Yassine Younes Youssef Zakaria Zouhair""",
        "female": """Aicha Amal Amina Asmae Assia Aya Bouchra Btissam Chaimae Dounia Fadwa Fatiha Fatima Fatima-Zahra Ghita Hafida Hajar Hanane Hasna
            Hind Houda Ibtissam Ikram Ilham Imane Jamila Jihane Kaoutar Karima Khadija Laila Lamia Latifa Leila Loubna Malika Manal Mariam Meryem
            Mouna Nabila Nadia Naima Najat Najwa Nawal Nezha Nisrine Nora Rachida Rajae Rim Saida Salma Samira Sanae Sara Siham Souad Soukaina Soumaya
            Wafae Wiam Yasmine Yousra Zahra Zineb""",
        "last": """Alami Alaoui Amrani Azzouzi Bakkali Belhaj Bennani Bennis Benjelloun Benkirane Berrada Bouazza Bouchikhi Boukhari Boumediene Bouzidi Chaoui Cherkaoui
            Chraibi Daoudi Drissi Elhaddad Elfassi Elidrissi Elkhatib Elmansouri Elmoussaoui Ennaji Fassi Filali Ghazi Guessous Hachimi Haddad Hajji Hamdaoui
            Hassani Idrissi Jabri Kabbaj Kadiri Kettani Lahlou Lamrani Lazrak Mansouri Marzouki Mernissi Messaoudi Naciri Ouazzani Ouahbi Qadiri
            Rachidi Raji Rhazali Saadi Saidi Sabri Sefrioui Skalli Slaoui Tahiri Tazi Touimi Yacoubi Zahraoui Zerouali Ziani Zniber""",
    },
    "tn": {
        "male": """Achraf Adel Ahmed Aymen Ali Amine Anis Aziz Bechir Bilel Chedly Chokri Fakhri Fares Fathi Ghazi Habib Haithem Hamdi Hamza Hatem Hedi Hichem Imed Ismail
            Jamel Kais Kamel Karim Khaled Lassaad Lotfi Maher Mahmoud Majdi Malek Marwen Mehdi Mohamed Moncef Mondher Mongi Montassar Mourad Nabil Naceur Nader Nizar
            Omar Oussama Rached Rami Ridha Saber Sadok Sami Seif Skander Slim Sofiene Tarek Wael Walid Wassim Yassine Youssef Ziad Zied""",
        "female": """Abir Ahlem Amal Amani Amel Amina Arij Asma Aya Azza Chaima Cyrine Dorra Emna Eya Farah Fatma Feriel Fatouma Ghada Hajer Hela Hanen Henda Houda Ibtissem
            Ines Imen Jihene Khadija Lamia Latifa Leila Lilia Lobna Maha Malek Manel Mariem Maroua Meriem Mouna Nadia Najet Nawel Nesrine Nour Olfa Ons Rahma Rania Rim
            Sabrine Salma Samia Sana Sarra Selma Sihem Sirine Sonia Souad Syrine Wafa Wided Yasmine Yosra Zeineb""",
        "last": """Abidi Ammar Ayadi Ayari Baccouche Belhadj Benali Benamor Bensalah Benyoussef Bouazizi Boughanmi Bouzid Bouzidi Chaabane Chaouch Chebbi Cherif Dridi
            Essid Ferjani Gharbi Ghannouchi Guesmi Hamdi Hammami Hamrouni Jaziri Jebali Jelassi Jemai Jlassi Jouini Kacem Kallel Karoui Khadhraoui Khelifi Khemiri Khlifi
            Laabidi Maaloul Mabrouk Mahjoub Mansour Mansouri Mathlouthi Mejri Mekki Mestiri Miled Mnif Msakni Nasri Nefzi Ouerghi Rahmani Rezgui Riahi Romdhane
            Saidi Sassi Sfar Slimani Souissi Tlili Toumi Trabelsi Turki Yahyaoui Zarrouk Zouari""",
    },
    # Thai given names, beside the few of Faker.
    "th": {
        "male": """Adisak Akkarat Amnuay Anan Anucha Anurak Apichat Arthit Banjong Boonmee Boonsong Chai Chaiwat Chakrit Chalerm Chanchai Charoen
            Chatchai Decha Ekachai Jirayu Kamol Kasem Kitti Kittisak Komsan Kriangkrai Kritsada Manop Montri Narong Nattapong Nattawut Nikorn Niran Nopparat
            Panupong Parinya Pichai Piyapong Pongsak Prasert Prawit Preecha Rattana Ronnachai Sakda Samart Sanit Saran Sarawut Sathit Settha Siriwat Somboon Somchai Somkiat Sompong
            Somsak Songkran Suchart Sunthorn Supachai Surachai Surasak Suthep Tanawat Teerapat Thanakorn Thaksin Thawatchai Thongchai Udom Veerapol Vichai Wanchai Wichit Winai Wirat Worawut Yongyuth""",
        "female": """Achara Amporn Apinya Aranya Arunee Benjawan Boonsri Bussaba Chalida Chantana Chanida Chintana Chutima Daranee Duangjai Jintana Jiraporn Kamala Kanchana Kanokwan Kanya
            Kesinee Kulap Lalana Lawan Malee Malai Mayuree Monthira Nanthida Naree Narumon Natcha Nattaya Nipa Nonglak Nongnuch Oranuch Orathai Panida Patcharee Pensri Phailin Pimchanok
            Pornthip Prapai Pranee Preeya Ratana Ratchanee Rawiwan Rungnapa Rungthip Saengdao Saowalak Sasithorn Siriporn Sirikit Somjai Somporn Sopa Sudarat Sukanya Sunee Sunisa Supaporn
            Suphansa Supranee Suwanee Tassanee Thidarat Tipawan Ubon Urai Wanida Wanna Wannapa Waraporn Wilai Wipa Yupin Yuwadee""",
    },
    # Japanese, beside the few of Faker.
    "ja": {
        "male": """大翔=Hiroto 蓮=Ren 悠真=Yuma 陽翔=Haruto 湊=Minato 樹=Itsuki 大和=Yamato 颯太=Sota 翔太=Shota 拓也=Takuya 健太=Kenta 大輔=Daisuke 健一=Kenichi 直人=Naoto 誠=Makoto 隆=Takashi
            浩=Hiroshi 修=Osamu 博=Hiroshi 茂=Shigeru 清=Kiyoshi 正=Tadashi 豊=Yutaka 進=Susumu 勇=Isamu 実=Minoru 明=Akira 哲也=Tetsuya 和也=Kazuya 達也=Tatsuya 雄太=Yuta 亮=Ryo 翼=Tsubasa
            海斗=Kaito 陸=Riku 空=Sora 新=Arata 朝陽=Asahi 悠人=Yuto 奏太=Kanata 律=Ritsu 蒼=Ao 暁=Akatsuki 龍之介=Ryunosuke 慎一=Shinichi 雅人=Masato 正樹=Masaki 英樹=Hideki 秀明=Hideaki 和彦=Kazuhiko
            智也=Tomoya 康平=Kohei 俊介=Shunsuke 優斗=Yuto 匠=Takumi 純=Jun 徹=Toru 剛=Tsuyoshi""",
        "female": """陽葵=Himari 凛=Rin 結菜=Yuna 葵=Aoi 咲良=Sakura 結衣=Yui 莉子=Riko 美咲=Misaki 芽依=Mei 杏=An 愛=Ai 彩花=Ayaka 美優=Miyu 七海=Nanami 優奈=Yuna 楓=Kaede 琴音=Kotone 心春=Koharu 詩=Uta 澪=Mio
            恵子=Keiko 久美子=Kumiko 幸子=Sachiko 和子=Kazuko 洋子=Yoko 節子=Setsuko 京子=Kyoko 裕子=Yuko 由美子=Yumiko 真由美=Mayumi 智子=Tomoko 直美=Naomi 恵美=Emi 明美=Akemi 典子=Noriko 純子=Junko 愛子=Aiko
            千尋=Chihiro 麻衣=Mai 舞=Mai 香織=Kaori 沙織=Saori 早紀=Saki 瞳=Hitomi 遥=Haruka 奈々=Nana 友美=Tomomi 綾=Aya 絵里=Eri 理恵=Rie 美穂=Miho 由佳=Yuka 彩=Aya 紗季=Saki 花=Hana 百合子=Yuriko 静香=Shizuka""",
        "last": """佐藤=Sato 鈴木=Suzuki 高橋=Takahashi 田中=Tanaka 伊藤=Ito 渡辺=Watanabe 山本=Yamamoto 中村=Nakamura 小林=Kobayashi 加藤=Kato 吉田=Yoshida 山田=Yamada 佐々木=Sasaki 山口=Yamaguchi 松本=Matsumoto 井上=Inoue
            木村=Kimura 林=Hayashi 斎藤=Saito 清水=Shimizu 山崎=Yamazaki 森=Mori 池田=Ikeda 橋本=Hashimoto 阿部=Abe 石川=Ishikawa 山下=Yamashita 中島=Nakajima 石井=Ishii 小川=Ogawa 前田=Maeda 岡田=Okada 長谷川=Hasegawa 藤田=Fujita 後藤=Goto
            近藤=Kondo 村上=Murakami 遠藤=Endo 青木=Aoki 坂本=Sakamoto 福田=Fukuda 太田=Ota 西村=Nishimura 藤井=Fujii 岡本=Okamoto 金子=Kaneko 藤原=Fujiwara 三浦=Miura 中野=Nakano 中川=Nakagawa 原田=Harada 松田=Matsuda 竹内=Takeuchi
            小野=Ono 田村=Tamura 中山=Nakayama 和田=Wada 石田=Ishida 森田=Morita 上田=Ueda 原=Hara 内田=Uchida 柴田=Shibata 酒井=Sakai 宮崎=Miyazaki 横山=Yokoyama 高木=Takagi 安藤=Ando 宮本=Miyamoto 大野=Ono 小島=Kojima 谷口=Taniguchi
            今井=Imai 工藤=Kudo 高田=Takada 増田=Masuda 丸山=Maruyama 杉山=Sugiyama 村田=Murata 大塚=Otsuka 新井=Arai 小山=Koyama 平野=Hirano 河野=Kono 上野=Ueno 野口=Noguchi 武田=Takeda 松井=Matsui 千葉=Chiba 岩崎=Iwasaki 菅原=Sugawara
            木下=Kinoshita 久保=Kubo 佐野=Sano 野村=Nomura 松尾=Matsuo 菊地=Kikuchi 市川=Ichikawa 杉本=Sugimoto 古川=Furukawa 大西=Onishi 島田=Shimada 水野=Mizuno 桜井=Sakurai 高野=Takano 吉川=Yoshikawa 山内=Yamauchi 西田=Nishida 飯田=Iida
            菊池=Kikuchi 西川=Nishikawa 小松=Komatsu 北村=Kitamura 安田=Yasuda 五十嵐=Igarashi 川口=Kawaguchi 平田=Hirata 関=Seki 中田=Nakada 久保田=Kubota 服部=Hattori 東=Higashi 岩田=Iwata 土屋=Tsuchiya 川崎=Kawasaki 福島=Fukushima 本田=Honda""",
    },
}
